import type { Session } from "../../shared/account.js";
import type { AppDefinition } from "../../router/definition.js";
import type { Env } from "../../router/env.js";
import type { Kv } from "../../router/kv/kv-api.js";
import type { UserOf } from "../../router/profile.js";
import type { Tables } from "../../router/schema/table-api.js";
import type { UserFieldsWriter } from "../../router/user-fields.js";

interface UserEvent<TApp extends AppDefinition> extends UserFieldsWriter<TApp> {
  readonly user: UserOf<TApp>;
  /** The user's own tables. */
  readonly tables: Tables<TApp["tables"]["user"]>;
  /** The user's own keys and values. */
  readonly kv: Kv<TApp["kv"]>;
  readonly env: Env;
}

interface EmailChangedEvent<TApp extends AppDefinition> extends UserEvent<TApp> {
  /** The address that the account had before. */
  readonly previousEmail: string;
}

interface SignInEvent<TApp extends AppDefinition> extends UserEvent<TApp> {
  readonly session: Session;
}

/**
 * An app's own code for events of an account. A hook runs in the user's object and is waited for. Its writes before its
 * first `await` are in the transaction of the event.
 *
 * `onSignup`, `onLogin` and `onDelete` can refuse the event: if one throws or rejects, the event does not happen, and the
 * caller gets its TRPCError, or the request id of any other error.
 *
 * `onEmailVerified`, `onEmailChanged` and `onProfileChanged` run after the change was written and before it is
 * committed. An error that such a hook throws before it returns undoes the change and reaches the caller in the same
 * way. A promise that rejects cannot undo a change that is committed: the error goes to `onError`, and the call
 * succeeds. An `async` function never throws, it only rejects: to refuse a change, write a function that is not `async`.
 */
export interface AccountHooks<TApp extends AppDefinition = AppDefinition> {
  /** Somebody signs up: give them their first rows. */
  onSignup?(event: SignInEvent<TApp>): void | Promise<void>;
  /** Somebody signs in with a password. Throw a TRPCError to refuse them. */
  onLogin?(event: SignInEvent<TApp>): void | Promise<void>;
  /**
   * The user's address was verified, and `user.emailVerified` became true: by `auth.verifyEmail`, by
   * `auth.resetPassword`, or by `auth.confirmEmailChange` if the address before was not verified.
   */
  onEmailVerified?(event: UserEvent<TApp>): void | Promise<void>;
  /** `auth.confirmEmailChange` gave the account another address, which is verified. */
  onEmailChanged?(event: EmailChangedEvent<TApp>): void | Promise<void>;
  /** `account.update` changed the profile. An update that stores what was there before does not call it. */
  onProfileChanged?(event: UserEvent<TApp>): void | Promise<void>;
  /** Somebody deletes their account. Runs before anything of it is gone: the place to clean up elsewhere. */
  onDelete?(event: UserEvent<TApp>): void | Promise<void>;
}
