import type { Call } from "../shared/call.js";
import type { ObjectFailure } from "../shared/object-failure.js";

/** An unexpected error, as `onError` receives it. */
export interface ErrorReport {
  /** The original error, with its `cause`. */
  readonly error: Error;
  /** The id that the client received. */
  readonly requestId: string;
  readonly path: string;
  readonly type: Call["type"];
  /**
   * Why a call of an object failed, if its code did not: it was reset, for example by a deploy, or it is overloaded.
   * @default none
   */
  readonly reason?: ObjectFailure["reason"];
}

/** Receives every unexpected error. The report does not contain the input, which could contain secrets. */
export type OnError = (report: ErrorReport) => void;

/** The `onError` of the app, which may be asynchronous. */
export type AppOnError = (report: ErrorReport) => void | Promise<void>;
