import { requestLimits } from "./request-limits.js";

/** Sizes and counts that both ends of the wire agree on. */
export const limits = {
  ...requestLimits,
  /** Largest request body, in bytes. */
  bodyBytes: 1_048_576,
  /** Longest procedure path of one call, in characters. */
  pathLength: 256,
  /** Deepest nesting of a JSON value. */
  jsonDepth: 64,
  /** Most values in one JSON document. */
  jsonNodes: 100_000,
  /** Longest `bigint`, in digits. */
  bigintDigits: 40,
  /** Most cookies of single sessions that are read from one request, the newest ones. */
  sessionRecords: 8,
  /** Largest data of one session, in bytes as stored. */
  sessionDataBytes: 65_536,
  /** Largest profile or fields of a user, and largest settings of an organization, in bytes as stored. */
  fieldsBytes: 32_768,
  /** Longest token, in characters. */
  tokenLength: 4_096,
  /** Largest message on a socket, in bytes. */
  messageBytes: 262_144,
} as const;
