/** The limits that a browser client needs. Bundlers keep an object whole, so the server's are in an object of their own. */
export const requestLimits = {
  /** Most calls in one batch. */
  batchCalls: 20,
  /** Longest request path and query together, in characters. */
  urlLength: 16_384,
} as const;
