import { emailObjectAddress } from "../../../shared/email-object-address.js";
import { toName } from "../../../shared/owner.js";
import type { AccountDeps } from "../account-deps.js";
import type { ActingSession } from "../audit-log.js";
import type { AccountRow } from "../account-store.js";
import { revokeEarlier } from "../revocations.js";
import { invalidLink } from "../../../router/auth/invalid-link.js";
import { countMail, mailLink, readLinkSecret, tooManyMails } from "../account-mails.js";

/** Verifies addresses: the user proves access to the mail of the address by opening a link. */
export function createEmailVerification(deps: AccountDeps) {
  const { accounts, mailTokens, audit, hooks, transaction } = deps;

  /** Whether this token has verified the current address of the account. */
  const hasVerified = ({ email, emailVerified }: AccountRow, secret: string): boolean =>
    emailVerified && mailTokens.findUsed("verifyEmail", secret, Date.now())?.email === email;

  return {
    /**
     * @param id identifies the request and its repeats
     * @throws TRPCError PRECONDITION_FAILED (MAIL_NOT_CONFIGURED), TOO_MANY_REQUESTS (TOO_MANY_MAILS)
     */
    async request(id: string): Promise<void> {
      const account = accounts.read();
      if (!account || account.emailVerified) return;
      deps.mail.assertConfigured();
      const isCounted = await countMail(deps.identity, { to: account.email, kind: "verifyEmail", id });
      if (!isCounted) throw tooManyMails();
      transaction(() => {
        // The address can have been verified or changed while the mail was counted.
        const now = accounts.read();
        if (now?.email === account.email && !now.emailVerified) mailLink(deps, "verifyEmail", account.email);
      });
    },

    /**
     * Verifies the address. A repeated call with the same token succeeds and changes nothing.
     *
     * @param assertOwnSession throws unless the caller has a session of this account
     * @throws TRPCError BAD_REQUEST (LINK_INVALID), UNAUTHORIZED or FORBIDDEN (LINK_NEEDS_SESSION) without a session of this account
     */
    async verify(token: string, actor: ActingSession, assertOwnSession: () => void): Promise<void> {
      const secret = await readLinkSecret(deps, "verifyEmail", token);
      const email = accounts.read()?.email;
      const index =
        email === undefined ? undefined : toName(await emailObjectAddress(deps.identity().secrets.index, email));
      const hook = transaction(() => {
        const now = accounts.read();
        const sent = now && mailTokens.peek("verifyEmail", secret, Date.now());
        if (now && !sent && hasVerified(now, secret)) return undefined;
        // A link to an earlier address does not verify the current one.
        if (!sent || !index || sent.email !== email || email !== now.email) throw invalidLink();
        assertOwnSession();
        mailTokens.consume("verifyEmail", secret, Date.now());
        accounts.setVerified();
        deps.organizations.requestInvitations(index);
        revokeEarlier(deps, "emailVerified");
        mailTokens.addUsed("verifyEmail", secret, sent);
        deps.roles.claimBootstrap({ email: now.email, emailVerified: true });
        audit.add({ action: "email.verify", outcome: "ok", ...actor });
        return hooks.emailVerified(now);
      });
      await hook;
    },
  };
}

export type EmailVerification = ReturnType<typeof createEmailVerification>;
