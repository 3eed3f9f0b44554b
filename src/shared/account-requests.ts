import type { NewAccount, SignedIn } from "./account.js";
import type { SessionTokens } from "./call.js";
import type { ClientFailure } from "./client-failure.js";
import type { Device } from "./device.js";
import type { Failure, Result } from "./result.js";

/** The requests with which the app itself creates accounts and sessions. Each comment begins with the sender and the receiver. */
export type AccountRequest =
  | {
      /** App → email index: creates an account without a sign-up. Idempotent by `operationId`. */
      readonly op: "addAccount";
      readonly operationId: string;
      readonly account: NewAccount;
      /** Whether an import creates it. The import has its own entry in the audit log of the app. */
      readonly isImported?: boolean;
    }
  | {
      /** Email index → user: creates the account. Idempotent by `operationId`. */
      readonly op: "insertAccount";
      readonly operationId: string;
      readonly account: NewAccount;
      readonly isImported?: boolean;
    }
  | {
      /** App → user: signs the user in on a device, without a password. */
      readonly op: "createSession";
      readonly device: Device;
    };

/** The result of a sign-in. */
export interface SignInResult {
  readonly signedIn: SignedIn;
  readonly tokens: SessionTokens;
  /** The account's device epoch at the time of the sign-in, for the device cookie. */
  readonly deviceEpoch: string;
}

/** The replies to these requests. */
export interface AccountReplies {
  addAccount: Result<{ readonly userId: string; readonly isNew: boolean }, Failure<"EMAIL_TAKEN"> | ClientFailure>;
  insertAccount: Result<true, Failure<"ACCOUNT_EXISTS"> | ClientFailure>;
  createSession: Result<SignInResult, Failure<"USER_NOT_FOUND"> | ClientFailure>;
}
