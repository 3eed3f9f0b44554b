/** The sockets of an object as they survive sleep: what is stored with each, and the rows beside. */
export interface StoredSockets {
  readonly attachments: readonly unknown[];
  readonly rows: readonly Record<string, unknown>[];
}
