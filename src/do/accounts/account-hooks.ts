import type { Session } from "../../shared/account.js";
import type { AppDefinition } from "../../router/definition.js";
import type { Env } from "../../router/env.js";
import type { EventEmitter, EventsOf } from "../../router/events/events-api.js";
import type { Kv } from "../../router/kv/kv-api.js";
import type { UserOf } from "../../router/profile.js";
import type { Schedule } from "../../router/schedule/schedule-api.js";
import type { Tables } from "../../router/schema/table-api.js";
import type { UserFieldsWriter } from "../../router/user-fields.js";

interface UserEvent<TApp extends AppDefinition> extends UserFieldsWriter<TApp> {
  readonly user: UserOf<TApp>;
  /** The user's tables. */
  readonly tables: Tables<TApp["tables"]["user"]>;
  /** The user's key-value store. */
  readonly kv: Kv<TApp["kv"]>;
  /** Runs mutations of the user's object later. */
  readonly schedule: Schedule<"user">;
  /** The user's events. */
  readonly events: EventEmitter<EventsOf<TApp, "user">>;
  readonly env: Env;
}

interface EmailChangedEvent<TApp extends AppDefinition> extends UserEvent<TApp> {
  /** The previous address of the account. */
  readonly previousEmail: string;
}

interface SignInEvent<TApp extends AppDefinition> extends UserEvent<TApp> {
  readonly session: Session;
}

/**
 * Hooks for account events. A hook runs in the user's object, and the event waits for it. Writes before its first
 * `await` belong to the transaction of the event.
 *
 * `onSignup`, `onLogin` and `onDelete` can refuse the event. If the hook throws or rejects, the event does not happen.
 * The caller gets the hook's TRPCError, or the request id of any other error.
 *
 * `onEmailVerified`, `onEmailChanged` and `onProfileChanged` run after the change is written and before it is
 * committed. If such a hook throws before it returns, the change is rolled back and the caller gets the error. A promise
 * that rejects cannot roll back a committed change: the error goes to `onError`, and the call succeeds. An `async`
 * function only rejects, so use a function that is not `async` to refuse a change.
 *
 * @example
 * createUserDO(appRouter, {
 *   onSignup({ tables }) {
 *     tables.lists.create({ name: "Inbox" });
 *   },
 *   onLogin({ user }) {
 *     if (user.fields?.banned) throw new TRPCError({ code: "FORBIDDEN", message: "This account is suspended." });
 *   },
 * });
 */
export interface AccountHooks<TApp extends AppDefinition = AppDefinition> {
  /** Runs at sign-up. Use it to create the user's first rows. */
  onSignup?(event: SignInEvent<TApp>): void | Promise<void>;
  /** Runs at each sign-in with a password. Throw a TRPCError to refuse the sign-in. */
  onLogin?(event: SignInEvent<TApp>): void | Promise<void>;
  /**
   * Runs when `user.emailVerified` becomes true: by `auth.verifyEmail`, by `auth.resetPassword`, or by
   * `auth.confirmEmailChange` if the previous address was not verified.
   */
  onEmailVerified?(event: UserEvent<TApp>): void | Promise<void>;
  /** Runs when `auth.confirmEmailChange` replaces the address of the account. The new address is verified. */
  onEmailChanged?(event: EmailChangedEvent<TApp>): void | Promise<void>;
  /** Runs when `account.update` changes the profile. An update with equal values does not call it. */
  onProfileChanged?(event: UserEvent<TApp>): void | Promise<void>;
  /** Runs before an account is deleted, while its data still exists. Use it to clean up in other services. */
  onDelete?(event: UserEvent<TApp>): void | Promise<void>;
}
