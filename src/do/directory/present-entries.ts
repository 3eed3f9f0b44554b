import superjson from "superjson";
import type { DirectoryOrganization, DirectoryUser, OrganizationEntry, UserEntry } from "../../shared/directory.js";

const DAY_MS = 86_400_000;

/** The day of a time, in days since the epoch. */
export function dayOf(time: number): number {
  return Math.floor(time / DAY_MS);
}

/** An entry as procedures and hooks return it. */
export function toDirectoryUser(entry: UserEntry): DirectoryUser {
  const { id, createdAt, seenDay, emailVerified, suspendedUntil, roles, organizationCount, email, profile } = entry;
  return {
    id,
    createdAt: new Date(createdAt),
    lastSeenAt: new Date(seenDay * DAY_MS),
    emailVerified,
    status: suspendedUntil !== null && suspendedUntil > Date.now() ? "suspended" : "active",
    roles: [...roles],
    organizationCount,
    ...(email !== undefined && { email }),
    ...(profile !== undefined && { profile: superjson.parse<Record<string, unknown>>(profile) }),
  };
}

/** An entry as procedures and hooks return it. */
export function toDirectoryOrganization({
  id,
  createdAt,
  memberCount,
  name,
}: OrganizationEntry): DirectoryOrganization {
  return { id, createdAt: new Date(createdAt), memberCount, ...(name !== undefined && { name }) };
}
