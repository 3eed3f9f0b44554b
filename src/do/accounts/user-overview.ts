import type { UserOverview } from "../../shared/operator.js";
import { failure, success, type Failure, type Result } from "../../shared/result.js";
import type { AccountDeps } from "./account-deps.js";
import { toUser } from "./account-store.js";
import { toListed } from "./sessions/sessions-service.js";

export interface UserOverviewOptions {
  readonly deps: Pick<AccountDeps, "accounts" | "sessions" | "suspension" | "outbox">;
  readonly exists: () => boolean;
  readonly memberships: () => UserOverview["organizations"];
  readonly storageBytes: () => number;
  readonly schemaVersion: () => number;
}

/** Describes the account to an operator. It only reads, and reveals neither secrets nor the app's data. */
export function describeUser(options: UserOverviewOptions): Result<UserOverview, Failure<"USER_NOT_FOUND">> {
  const { deps, exists, memberships, storageBytes, schemaVersion } = options;
  const account = exists() ? deps.accounts.read() : undefined;
  if (!account) return failure("USER_NOT_FOUND");
  const now = Date.now();
  return success({
    user: toUser(account),
    suspension: deps.suspension.read(now) ?? null,
    sessions: deps.sessions.list(now).map((session) => toListed(session, false)),
    organizations: memberships(),
    storageBytes: storageBytes(),
    deadLetters: deps.outbox.deadLetters().map(({ target: _target, seq: _seq, ...letter }) => letter),
    schemaVersion: schemaVersion(),
  });
}
