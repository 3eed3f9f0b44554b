/** The sockets of an object as they survive hibernation: the attachment of each, and the rows beside it. */
export interface StoredSockets {
  readonly attachments: readonly unknown[];
  readonly rows: readonly Record<string, unknown>[];
}
