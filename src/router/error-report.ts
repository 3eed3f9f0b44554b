import type { Call } from "../shared/call.js";

/** An unexpected error, whole, as `onError` gets it. */
export interface ErrorReport {
  /** What the procedure threw, with its `cause`. */
  readonly error: Error;
  /** The id that the client was told. */
  readonly requestId: string;
  readonly path: string;
  readonly type: Call["type"];
}

/** Gets every unexpected error. The values that a user sent are not part of it: they may hold secrets. */
export type OnError = (report: ErrorReport) => void;

/** The `onError` of the app, which may be asynchronous. */
export type AppOnError = (report: ErrorReport) => void | Promise<void>;
