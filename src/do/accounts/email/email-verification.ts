import { randomId } from "../../../shared/random-id.js";
import { emailAddressOf } from "../../../shared/email-index.js";
import { toName } from "../../../shared/owner.js";
import type { AccountDeps } from "../account-deps.js";
import type { ActingSession } from "../audit-log.js";
import type { AccountRow } from "../account-store.js";
import { revokeEarlier } from "../account-endings.js";
import { countMail, invalidLink, mailLink, readLinkSecret, tooManyMails } from "../account-mails.js";

/** Whether an address is the user's: who can read its mail shows it. */
export function createEmailVerification(deps: AccountDeps) {
  const { accounts, mailTokens, audit, hooks, transaction } = deps;

  /** Whether this same token has verified the address that the account still has. */
  const hasVerified = ({ email, emailVerified }: AccountRow, secret: string): boolean =>
    emailVerified && mailTokens.findUsed("verifyEmail", secret, Date.now())?.email === email;

  return {
    /** @throws TRPCError PRECONDITION_FAILED when the app cannot send mail, TOO_MANY_REQUESTS */
    async request(): Promise<void> {
      const account = accounts.read();
      if (!account || account.emailVerified) return;
      deps.mail.assertConfigured();
      const isCounted = await countMail(deps.identity, { to: account.email, kind: "verifyEmail", id: randomId() });
      if (!isCounted) throw tooManyMails();
      transaction(() => {
        // Counting took a while: by now the address may be verified, or another.
        const now = accounts.read();
        if (now?.email === account.email && !now.emailVerified) mailLink(deps, "verifyEmail", account.email);
      });
    },

    /**
     * Verifies the address. The same token again, because the reply was lost, succeeds and changes nothing.
     *
     * @param assertOwnSession throws unless the caller has a session of this account
     * @throws TRPCError BAD_REQUEST, UNAUTHORIZED or FORBIDDEN without a session of this account
     */
    async verify(token: string, actor: ActingSession, assertOwnSession: () => void): Promise<void> {
      const secret = await readLinkSecret(deps, "verifyEmail", token);
      const email = accounts.read()?.email;
      const index =
        email === undefined ? undefined : toName(await emailAddressOf(deps.identity().secrets.index, email));
      const hook = transaction(() => {
        const now = accounts.read();
        const sent = now && mailTokens.peek("verifyEmail", secret, Date.now());
        if (now && !sent && hasVerified(now, secret)) return undefined;
        // A link to an address that the user has left behind says nothing about the one they have now.
        if (!sent || !index || sent.email !== email || email !== now.email) throw invalidLink();
        assertOwnSession();
        mailTokens.consume("verifyEmail", secret, Date.now());
        accounts.setVerified();
        deps.organizations.requestInvitations(index);
        revokeEarlier(deps, "emailVerified");
        mailTokens.rememberUsed("verifyEmail", secret, sent);
        audit.add({ action: "email.verify", outcome: "ok", ...actor });
        return hooks.emailVerified(now);
      });
      await hook;
    },
  };
}

export type EmailVerification = ReturnType<typeof createEmailVerification>;
