import type { Call } from "../shared/call.js";
import type { ObjectFailure } from "../shared/object-failure.js";

/** An unexpected error, as `onError` receives it. */
export interface ErrorReport {
  /** The original error, with its `cause`. */
  readonly error: Error;
  /** The id of the request. The client received it, if it made the call. */
  readonly requestId: string;
  readonly path: string;
  readonly type: Call["type"];
  /**
   * Stable name of the cause; see {@link ErrorReportReason}.
   * @default none, for an error of the app's own code
   */
  readonly reason?: ErrorReportReason;
}

/**
 * Why the framework reports an error:
 *
 * - `OBJECT_RESET`, `OBJECT_OVERLOADED`: an object did not finish a call
 * - `UPGRADE_FAILED`: an object or one of its tables could not be upgraded, and refuses calls
 * - `DELIVERY_FAILED`: the first attempt to send a mail or a message failed; it is retried
 * - `DEAD_LETTER`: a mail, a message or a run of a schedule was given up
 * - `ALARM_FAILED`: a task of an object's alarm failed; it is retried
 * - `HOOK_FAILED`: a hook of the app failed, and its error cannot fail the call
 */
export type ErrorReportReason =
  | ObjectFailure["reason"]
  | "UPGRADE_FAILED"
  | "DELIVERY_FAILED"
  | "DEAD_LETTER"
  | "ALARM_FAILED"
  | "HOOK_FAILED";

/** Receives every unexpected error. The report does not contain the input, which could contain secrets. */
export type OnError = (report: ErrorReport) => void;

/** The `onError` of the app, which may be asynchronous. */
export type AppOnError = (report: ErrorReport) => void | Promise<void>;
