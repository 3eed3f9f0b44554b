import type { ObjectAddress } from "./owner.js";

/**
 * A finished piece of work, as the hook `onCall` receives it. It has no inputs, results, email addresses and network
 * addresses.
 */
export interface CallReport {
  /**
   * The path of the procedure. Work that is not a procedure has a name in parentheses: `(mail) verifyEmail`,
   * `(message) lease`, `(alarm) outbox`, `(internal) deliver` and `(request)`. A path without a procedure is `(unknown)`,
   * because clients choose it.
   */
  readonly path: string;
  /**
   * The kind of work:
   *
   * - `query`, `mutation` and `subscription`: a call of a procedure. A subscription is reported when it has started
   * - `live`: one run of a live query
   * - `mail` and `message`: one delivery by the outbox, to the mail hook or to another object
   * - `alarm`: one task of the object's alarm
   * - `schedule`: one attempt to run a scheduled mutation
   * - `internal`: a request of the Worker or of another object
   * - `request`: a request that the Worker refused before its calls
   */
  readonly type:
    | "query"
    | "mutation"
    | "subscription"
    | "live"
    | "mail"
    | "message"
    | "alarm"
    | "schedule"
    | "internal"
    | "request"
    | "unknown";
  /**
   * The object that did the work; `undefined` in the Worker. The id is random and opaque. It is missing if the object is
   * that of an email address, because it is derived from the address.
   */
  readonly owner: { readonly type: ObjectAddress["type"]; readonly id?: string } | undefined;
  /**
   * Who made the call: a user with a `session`, a Worker on behalf of a user (`rpc`), the `system`, or `anonymous`. Work
   * without a caller was started by the `object` itself.
   */
  readonly caller: "session" | "rpc" | "system" | "anonymous" | "object";
  /** `refused`: the error was thrown on purpose. `failed`: it is unexpected, or the object was reset or is overloaded. */
  readonly outcome: "ok" | "refused" | "failed";
  /** The code of the error, such as `NOT_FOUND`; `undefined` for `ok`. */
  readonly code: string | undefined;
  /** The stable reason of the error; `undefined` for `ok` and for an error without one. */
  readonly reason: string | undefined;
  /**
   * The time from the start to the end, in milliseconds. The platform's clock stands still while code runs, so it counts
   * only the time of input and output: 0 for a procedure of an object that only uses its tables.
   */
  readonly durationMs: number;
  /** Rows that the SQL statements read and wrote, as billed, with those of indexes. 0 in the Worker. */
  readonly rowsRead: number;
  readonly rowsWritten: number;
  /** The id of the request, which errors, `onError`, the audit log and spans have too. */
  readonly requestId: string;
}
