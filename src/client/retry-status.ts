/** The calls that a client is sending again. */
export interface RetryStatus {
  /** The number of calls that failed because of a temporary error, and have not ended yet. */
  readonly calls: number;
  /** The error of the last attempt that failed; `undefined` when no call is being sent again. */
  readonly error: Error | undefined;
}

export type RetryListener = (status: RetryStatus) => void;
