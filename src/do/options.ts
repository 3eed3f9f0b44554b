import type { OnError } from "../router/run-call.js";
import type { SessionOptions } from "./accounts/session-options.js";
import type { ChangeLogRetention } from "./change-log-retention.js";
import type { SocketLimits } from "./sockets/socket-limits.js";

/** Options of {@link createUserDO}. All of them have defaults that suit production. */
export interface UserDOOptions {
  /** How long sessions and their tokens live, and how many there may be. */
  readonly session?: SessionOptions;
  /** What sockets may take. */
  readonly sockets?: SocketLimits;
  /** How much of what was written is kept to be told to subscribers that were away. */
  readonly changeLog?: ChangeLogRetention;
  /**
   * Gets every unexpected error whole; the client only gets the request id.
   * @default prints the error, with its request id and path, by `console.error`
   */
  readonly onError?: OnError;
}
