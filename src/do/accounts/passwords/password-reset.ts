import { emailAddressOf } from "../../../shared/email-index.js";
import { toName } from "../../../shared/owner.js";
import { checkNewPassword } from "./check-new-password.js";
import { revokeEarlier } from "../account-endings.js";
import { invalidLink, mailLink, mailNotice, readLinkSecret } from "../account-mails.js";
import type { AccountDeps } from "../account-deps.js";
import type { ActingSession } from "../audit-log.js";

/** A new password for a user who has forgotten theirs: who can read the address's mail may choose one. */
export function createPasswordReset(deps: AccountDeps) {
  const { identity, accounts, passwords, mailTokens, outbox, audit, hooks, transaction, onSessionEnd } = deps;

  /** Answers a token that was used before. Its holder must not be able to guess the password that it set. */
  async function repeat(secret: string, password: string, actor: ActingSession): Promise<void> {
    /** Read again after each wait: a new password, a new address or a deletion ends the token. */
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
    /** Mails a link, if the address is the user's. Nobody learns whether it was: not from this, and not from its time. */
    request(email: string, actor: ActingSession): void {
      if (accounts.read()?.email !== email) return;
      transaction(() => {
        mailLink(deps, "resetPassword", email);
        audit.add({ action: "password.resetRequest", outcome: "ok", ...actor });
      });
    },

    /**
     * Sets the password. The same token and password again, because the reply was lost, succeed and change nothing.
     *
     * @throws TRPCError BAD_REQUEST for a link that is not valid, and for a weak password, after which the link still is;
     *   TOO_MANY_REQUESTS after several other passwords with a used link
     */
    async reset(token: string, password: string, actor: ActingSession): Promise<void> {
      const secret = await readLinkSecret(deps, "resetPassword", token);
      // Looked at before the expensive work, and used up after it: in the transaction of its effect.
      if (!mailTokens.peek("resetPassword", secret, Date.now())) return repeat(secret, password, actor);
      const checked = await checkNewPassword(password, { lookUp: deps.checkBreachedPassword, field: "password" });
      const hash = await passwords.hash(password);
      const account = accounts.read();
      const index = account && toName(await emailAddressOf(identity().secrets.index, account.email));
      const done = transaction(() => {
        const now = accounts.read();
        const used = now && mailTokens.consume("resetPassword", secret, Date.now());
        // Another call with this token may have come first.
        if (now && !used && mailTokens.findUsed("resetPassword", secret, Date.now())) return undefined;
        if (!used || !account || !index || used.email !== now.email) throw invalidLink();
        accounts.setPasswordHash(hash);
        // Whoever could read the mail has shown that the address is theirs.
        accounts.setVerified();
        // Whoever knew the old password may have begun to take the account to an address of theirs.
        const ended = revokeEarlier(deps, "passwordReset");
        mailTokens.rememberUsed("resetPassword", secret, used);
        mailNotice(deps, "passwordChanged", { email: now.email, emailVerified: true });
        // Wrong passwords were tried against the old one.
        outbox.post({ target: index, kind: "forgetFailures", payload: null });
        deps.organizations.requestInvitations(index);
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
