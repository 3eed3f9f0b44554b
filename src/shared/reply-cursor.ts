/** What a mutation answered, and how far the log goes that it wrote to. */
export class Written {
  readonly data: unknown;
  readonly cursor: string;

  constructor(data: unknown, cursor: string) {
    this.data = data;
    this.cursor = cursor;
  }
}

/**
 * A serialized reply with the position in the log that its mutation wrote up to, beside superjson's own keys. Whoever
 * does not look for it deserializes the same value.
 */
export function withReplyCursor(serialized: unknown, cursor: string | undefined): unknown {
  return cursor === undefined ? serialized : { ...(serialized as object), cursor };
}
