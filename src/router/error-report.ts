import type { Call } from "../shared/call.js";

/** An unexpected error, as `onError` receives it. */
export interface ErrorReport {
  /** The original error, with its `cause`. */
  readonly error: Error;
  /** The id that the client received. */
  readonly requestId: string;
  readonly path: string;
  readonly type: Call["type"];
}

/** Receives every unexpected error. The report does not contain the input, which could contain secrets. */
export type OnError = (report: ErrorReport) => void;

/** The `onError` of the app, which may be asynchronous. */
export type AppOnError = (report: ErrorReport) => void | Promise<void>;
