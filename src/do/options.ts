import type { OnError } from "../router/run-call.js";
import type { SessionLifetimes } from "./accounts/session-lifetimes.js";

/** Options of {@link createUserDO}. All of them have defaults that suit production. */
export interface UserDOOptions {
  /** How long sessions and their tokens live. */
  readonly session?: SessionLifetimes;
  /**
   * Gets every unexpected error whole; the client only gets the request id.
   * @default prints the error, with its request id and path, by `console.error`
   */
  readonly onError?: OnError;
}
