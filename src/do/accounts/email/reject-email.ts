import { readMailToken } from "../../../jwt/mail-token.js";
import { ReasonedError } from "../../../router/reasoned-error.js";
import type { User } from "../../../shared/account.js";
import type { AccountDeletion } from "../account-deletion.js";
import { cancelPendingChange } from "../revocations.js";
import { invalidLink } from "../../../router/auth/invalid-link.js";
import type { AccountDeps } from "../account-deps.js";
import type { ActingSession } from "../audit-log.js";
import { toUser, type AccountRow } from "../account-store.js";

export interface RejectEmailOptions {
  readonly deps: AccountDeps;
  readonly deletion: Pick<AccountDeletion, "begin">;
  /** Runs the app's hook before the account is deleted. The hook can refuse. */
  readonly onDelete: (user: User) => Promise<void>;
}

/**
 * Frees an address for the person who reads its mail, by the token of a link to it. A link to a new address cancels the
 * change. A link to the account's own address deletes the account if it never verified the address, because without the
 * address nobody could recover the account.
 *
 * @throws TRPCError BAD_REQUEST (LINK_INVALID), CONFLICT (EMAIL_VERIFIED) when the account has verified the address
 */
export async function rejectEmail(
  { deps, deletion, onDelete }: RejectEmailOptions,
  token: string,
  actor: ActingSession,
): Promise<void> {
  const { userId, identity, accounts, mailTokens, pendingChanges, audit, transaction } = deps;
  const { secrets, binding } = identity();
  const sent = await readMailToken(token, { secrets: secrets.jwt, audience: binding });
  if (sent?.userId !== userId) throw invalidLink();
  const { purpose, secret } = sent;

  if (purpose === "changeEmail") {
    return transaction(() => {
      const used = accounts.read() && mailTokens.consume(purpose, secret, Date.now());
      if (!used || used.email !== pendingChanges.read()?.email) throw invalidLink();
      mailTokens.delete(purpose);
      cancelPendingChange(deps);
      audit.add({ action: "email.reject", outcome: "ok", ...actor });
    });
  }
  if (purpose !== "verifyEmail") throw invalidLink();

  /** @throws TRPCError BAD_REQUEST (LINK_INVALID), CONFLICT (EMAIL_VERIFIED) */
  function assertRejectable(now: AccountRow | undefined, link: { readonly email: string } | undefined): void {
    if (!now || !link || link.email !== now.email) throw invalidLink();
    if (now.emailVerified) throw alreadyVerified();
  }

  const account = accounts.read();
  assertRejectable(account, account && mailTokens.peek(purpose, secret, Date.now()));
  if (!account) throw invalidLink();
  await deps.roles.assertNotLastSuperadmin();
  await onDelete(toUser(account));
  if (!accounts.read()) throw invalidLink();
  await deletion.begin({
    confirmed: account,
    // In the transaction of the deletion, so that of any number of calls with this link one succeeds.
    assertAllowed: (now) => assertRejectable(now, now && mailTokens.consume(purpose, secret, Date.now())),
  });
}

function alreadyVerified(): ReasonedError {
  return new ReasonedError({
    code: "CONFLICT",
    reason: "EMAIL_VERIFIED",
    message: "This email address is already verified for its account. To free it, sign in and delete the account.",
  });
}
