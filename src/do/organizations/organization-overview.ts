import type { OrganizationOverview } from "../../shared/operator.js";
import { failure, success, type Failure, type Result } from "../../shared/result.js";
import type { OrganizationDeps } from "./organization-deps.js";

export interface OrganizationOverviewOptions {
  readonly deps: Pick<OrganizationDeps, "organizations" | "members" | "invitations" | "outbox">;
  readonly exists: () => boolean;
  readonly storageBytes: () => number;
  readonly schemaVersion: () => number;
}

/** Describes an organization to an operator. It only reads, and reveals no data of the app. */
export function describeOrganization({
  deps,
  exists,
  storageBytes,
  schemaVersion,
}: OrganizationOverviewOptions): Result<OrganizationOverview, Failure<"ORGANIZATION_NOT_FOUND">> {
  const stored = exists() ? deps.organizations.read() : undefined;
  if (!stored) return failure("ORGANIZATION_NOT_FOUND");
  const { id, name, createdAt } = stored;
  const now = Date.now();
  return success({
    organization: { id, name, createdAt },
    members: deps.members.list().map(({ userId, email, role, joinedAt }) => ({ userId, email, role, joinedAt })),
    pendingInvitations: deps.invitations.list().filter(({ expiresAt }) => expiresAt.getTime() > now).length,
    storageBytes: storageBytes(),
    deadLetters: deps.outbox.deadLetters().map(({ target: _target, seq: _seq, ...letter }) => letter),
    schemaVersion: schemaVersion(),
  });
}
