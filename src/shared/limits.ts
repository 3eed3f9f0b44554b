import { clientLimits } from "./client-limits.js";

/** Limits of requests, messages and stored values. */
export const limits = {
  ...clientLimits,
  /** Maximum bytes of a request body. */
  bodyBytes: 1_048_576,
  /** Maximum characters of the procedure path of one call. */
  pathLength: 256,
  /** Maximum nesting of a JSON value. */
  jsonDepth: 64,
  /** Maximum number of values in a JSON document. */
  jsonNodes: 100_000,
  /** Maximum digits of a `bigint`. */
  bigintDigits: 40,
  /** Maximum number of single-session cookies that are read from a request. The newest are read. */
  sessionRecords: 8,
  /** Maximum stored bytes of the data of a session. */
  sessionDataBytes: 65_536,
  /** Maximum stored bytes of the profile or the fields of a user, and of the settings of an organization. */
  fieldsBytes: 32_768,
  /** Maximum characters of a token. */
  tokenLength: 4_096,
  /** Maximum bytes of a message on a socket. */
  messageBytes: 262_144,
} as const;
