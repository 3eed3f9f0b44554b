import { ReasonedError } from "../../../router/reasoned-error.js";
import type { AccountRow, AccountStore } from "../account-store.js";
import type { ActingSession } from "../audit-log.js";
import type { AuditLog } from "../audit-log.js";
import type { HashQueue } from "./hash-queue.js";
import type { Throttle } from "../../rate/create-throttle.js";
import { hashPassword, verifyPassword } from "./password.js";

/** Hashing and checking passwords, one at a time. */
export interface Passwords {
  /** @throws TRPCError TOO_MANY_REQUESTS */
  hash(password: string): Promise<string>;
  /** Whether a password is the account's; without an account the same work, and no. @throws TRPCError TOO_MANY_REQUESTS */
  verify(password: string, account: AccountRow | undefined): Promise<boolean>;
  /**
   * Returns the account if the password is its own, for a caller who may be guessing: wrong ones are counted by name.
   * @throws TRPCError TOO_MANY_REQUESTS after several
   */
  check(password: string, name: "confirm" | "reset"): Promise<AccountRow | undefined>;
  /**
   * Asks somebody who is signed in for their password again.
   * @throws TRPCError UNAUTHORIZED for a wrong one, TOO_MANY_REQUESTS after several
   */
  confirm(password: string, actor: ActingSession): Promise<AccountRow>;
}

export interface PasswordsOptions {
  readonly accounts: AccountStore;
  readonly queue: HashQueue;
  readonly throttle: Throttle;
  readonly audit: AuditLog;
}

export function createPasswords({ accounts, queue, throttle, audit }: PasswordsOptions): Passwords {
  const passwords: Passwords = {
    hash: (password) => queue.run(() => hashPassword(password)),

    async verify(password, account) {
      const { ok, outdated } = await queue.run(() => verifyPassword(password, account?.passwordHash));
      if (!ok || !account) return false;
      const hash = outdated ? await passwords.hash(password) : undefined;
      const now = accounts.read();
      if (now?.passwordHash === account.passwordHash) {
        if (hash !== undefined) accounts.setPasswordHash(hash);
        return true;
      }
      // While this one waited for its turn, a call before it changed the password, or hashed it anew.
      return passwords.verify(password, now);
    },

    async check(password, name) {
      const attempt = throttle.begin(name);
      const account = accounts.read();
      if (!(await passwords.verify(password, account)) || !account) return undefined;
      attempt.succeeded();
      // verify() may have replaced the hash.
      return accounts.read() ?? account;
    },

    async confirm(password, actor) {
      const account = await passwords.check(password, "confirm");
      if (account) return account;
      // The account may have been deleted while the hash was computed, and its audit log with it.
      if (accounts.read()) audit.add({ action: "password.confirm", outcome: "failed", ...actor });
      throw wrongPassword();
    },
  };
  return passwords;
}

function wrongPassword(): ReasonedError {
  return new ReasonedError({
    code: "UNAUTHORIZED",
    reason: "WRONG_PASSWORD",
    message: "The password is wrong. Check it and try again.",
  });
}
