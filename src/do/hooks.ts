import type { Session } from "../shared/account.js";
import type { AppDefinition } from "../router/definition.js";
import type { Env } from "../router/env.js";
import type { Kv } from "../router/kv/kv-api.js";
import type { UserOf } from "../router/profile.js";
import type { Tables } from "../router/schema/table-api.js";

interface UserEvent<TApp extends AppDefinition> {
  readonly user: UserOf<TApp>;
  /** The user's own tables. */
  readonly tables: Tables<TApp["tables"]["user"]>;
  /** The user's own keys and values. */
  readonly kv: Kv<TApp["kv"]>;
  readonly env: Env;
}

interface SignInEvent<TApp extends AppDefinition> extends UserEvent<TApp> {
  readonly session: Session;
}

/**
 * What an app does when something happens to an account. A hook runs in the user's object and is waited for. If it
 * throws or rejects, nothing has happened: the caller gets its TRPCError, or of any other error the request id. What it
 * writes before its first `await` is in the transaction of what happens.
 */
export interface AccountHooks<TApp extends AppDefinition = AppDefinition> {
  /** Somebody signs up: give them their first rows. */
  onSignup?(event: SignInEvent<TApp>): void | Promise<void>;
  /** Somebody signs in with a password. Throw a TRPCError to refuse them. */
  onLogin?(event: SignInEvent<TApp>): void | Promise<void>;
  /** Somebody deletes their account. Runs before anything of it is gone: the place to clean up elsewhere. */
  onDelete?(event: UserEvent<TApp>): void | Promise<void>;
}
