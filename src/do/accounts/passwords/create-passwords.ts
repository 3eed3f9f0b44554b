import { ReasonedError } from "../../../router/reasoned-error.js";
import type { AccountRow, AccountStore } from "../account-store.js";
import type { ActingSession } from "../audit-log.js";
import type { AuditLog } from "../audit-log.js";
import { createHashQueue } from "./hash-queue.js";
import type { Throttle } from "../../rate/create-throttle.js";
import { hashPassword, importHash, verifyPassword } from "./password.js";

/** Hashes and checks passwords, one at a time. */
export interface Passwords {
  /** @throws TRPCError TOO_MANY_REQUESTS (OBJECT_OVERLOADED) when too many hashes are waiting */
  hash(password: string): Promise<string>;
  /**
   * Returns the text that is stored for a hash of another system.
   * @throws TRPCError BAD_REQUEST (PASSWORD_HASH_INVALID), TOO_MANY_REQUESTS (OBJECT_OVERLOADED) when too many hashes are waiting
   */
  import(hash: string): Promise<string>;
  /**
   * Whether a password is the account's. Without an account, does the same work and returns false.
   * @throws TRPCError TOO_MANY_REQUESTS (OBJECT_OVERLOADED) when too many hashes are waiting
   */
  verify(password: string, account: AccountRow | undefined): Promise<boolean>;
  /**
   * Returns the account if the password is right. Wrong passwords are counted by name, because the caller may be guessing.
   * @throws TRPCError TOO_MANY_REQUESTS (TOO_MANY_WRONG_PASSWORDS)
   */
  check(password: string, name: "confirm" | "reset"): Promise<AccountRow | undefined>;
  /**
   * Checks the password of a user who is signed in.
   * @throws TRPCError UNAUTHORIZED (WRONG_PASSWORD), TOO_MANY_REQUESTS (TOO_MANY_WRONG_PASSWORDS)
   */
  confirm(password: string, actor: ActingSession): Promise<AccountRow>;
}

export interface PasswordsOptions {
  readonly accounts: AccountStore;
  readonly throttle: Throttle;
  readonly audit: AuditLog;
  /** Options of the app. */
  readonly limits: { readonly maxQueuedHashes: number; readonly maxImportedIterations: number };
}

export function createPasswords(options: PasswordsOptions): Passwords {
  const { accounts, throttle, audit, limits } = options;
  const { maxImportedIterations } = limits;
  const queue = createHashQueue(limits.maxQueuedHashes);
  const passwords: Passwords = {
    hash: (password) => queue.run(() => hashPassword(password)),
    import: (hash) => queue.run(() => importHash(hash, maxImportedIterations)),

    async verify(password, account) {
      const { ok, outdated } = await queue.run(() =>
        verifyPassword(password, account?.passwordHash, maxImportedIterations),
      );
      if (!ok || !account) return false;
      const hash = outdated ? await passwords.hash(password) : undefined;
      const now = accounts.read();
      if (now?.passwordHash === account.passwordHash) {
        if (hash !== undefined) accounts.setPasswordHash(hash);
        return true;
      }
      // While this call waited, another call changed the password or replaced its hash.
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
      // The account and its audit log can have been deleted while the password was hashed.
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
