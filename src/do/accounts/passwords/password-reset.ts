import { emailObjectAddress } from "../../../shared/email-object-address.js";
import { toName } from "../../../shared/owner.js";
import { checkNewPassword } from "./check-new-password.js";
import { revokeEarlier } from "../revocations.js";
import { invalidLink } from "../../../router/auth/invalid-link.js";
import { mailLink, mailNotice, readLinkSecret } from "../account-mails.js";
import type { AccountDeps } from "../account-deps.js";
import type { ActingSession } from "../audit-log.js";

/** Resets a forgotten password: a mailed link allows its reader to set a new one. */
export function createPasswordReset(deps: AccountDeps) {
  const { identity, accounts, passwords, mailTokens, outbox, audit, hooks, transaction, onSessionEnd } = deps;

  /** Answers a call with a used token. The call must not reveal the password that the token set. */
  async function repeat(secret: string, password: string, actor: ActingSession): Promise<void> {
    /** Read again after each await, because a new password, a new address or a deletion revokes the token. */
    const isUsed = (): boolean => {
      const email = accounts.read()?.email;
      return email !== undefined && mailTokens.findUsed("resetPassword", secret, Date.now())?.email === email;
    };
    if (!isUsed()) throw invalidLink();
    const isSame = await passwords.check(password, "reset");
    if (!isUsed()) throw invalidLink();
    if (isSame) return;
    audit.add({ action: "password.reset", outcome: "failed", ...actor });
    throw invalidLink();
  }

  return {
    /** Mails a link if the address is the user's. Neither the result nor its time reveals whether it is. */
    request(email: string, actor: ActingSession): void {
      if (accounts.read()?.email !== email) return;
      transaction(() => {
        mailLink(deps, "resetPassword", email);
        audit.add({ action: "password.resetRequest", outcome: "ok", ...actor });
      });
    },

    /**
     * Sets the password. A repeated call with the same token and password succeeds and changes nothing.
     *
     * @throws TRPCError BAD_REQUEST (LINK_INVALID), BAD_REQUEST with the reason of a weak password, after which the link stays
     *   valid, TOO_MANY_REQUESTS (TOO_MANY_WRONG_PASSWORDS) after several other passwords with a used link
     */
    async reset(token: string, password: string, actor: ActingSession): Promise<void> {
      const secret = await readLinkSecret(deps, "resetPassword", token);
      // The token is checked before the expensive work, and used in the transaction that sets the password.
      if (!mailTokens.peek("resetPassword", secret, Date.now())) return repeat(secret, password, actor);
      const checked = await checkNewPassword(password, {
        checkBreachedPassword: deps.checkBreachedPassword,
        field: "password",
      });
      const hash = await passwords.hash(password);
      const account = accounts.read();
      const index = account && toName(await emailObjectAddress(identity().secrets.index, account.email));
      const done = transaction(() => {
        const now = accounts.read();
        const used = now && mailTokens.consume("resetPassword", secret, Date.now());
        // Another call with this token can have been faster.
        if (now && !used && mailTokens.findUsed("resetPassword", secret, Date.now())) return undefined;
        if (!used || !account || !index || used.email !== now.email) throw invalidLink();
        accounts.setPasswordHash(hash);
        // Opening the link also verifies the address.
        accounts.setVerified();
        // A person who knew the old password can have requested a change to another address.
        const ended = revokeEarlier(deps, "passwordReset");
        mailTokens.addUsed("resetPassword", secret, used);
        mailNotice(deps, "passwordChanged", { email: now.email, emailVerified: true });
        // Wrong passwords were tried against the old one.
        outbox.post({ target: index, kind: "forgetFailures", payload: null });
        deps.organizations.requestInvitations(index);
        deps.roles.claimBootstrap({ email: now.email, emailVerified: true });
        audit.add({ action: "password.reset", outcome: "ok", ...actor });
        if (checked === "not looked up") audit.add({ action: "password.lookUp", outcome: "failed", ...actor });
        return { ended, hook: hooks.emailVerified(now) };
      });
      if (!done) return repeat(secret, password, actor);
      for (const id of done.ended) onSessionEnd(id);
      await done.hook;
    },
  };
}

export type PasswordReset = ReturnType<typeof createPasswordReset>;
