/** The limits that a browser client needs. They are a separate object, because bundlers do not remove unused properties. */
export const clientLimits = {
  /** Maximum number of calls in a batch. */
  batchCalls: 20,
  /** Maximum characters of the path and the query of a URL together. */
  urlLength: 16_384,
} as const;
