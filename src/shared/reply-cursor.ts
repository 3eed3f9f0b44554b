/** The result of a mutation, with the position in the change log after its writes. */
export class ResultWithCursor {
  readonly data: unknown;
  readonly cursor: string;

  constructor(data: unknown, cursor: string) {
    this.data = data;
    this.cursor = cursor;
  }
}

/**
 * Adds the position in the change log after a mutation's writes to its serialized result, beside superjson's own keys. A
 * client that does not read the position deserializes the same value.
 */
export function withReplyCursor(serialized: unknown, cursor: string | undefined): unknown {
  return cursor === undefined ? serialized : { ...(serialized as object), cursor };
}

/** The same for a serialized result as JSON text. */
export function withCursorText(serialized: string, cursor: string | undefined): string {
  return cursor === undefined ? serialized : `${serialized.slice(0, -1)},"cursor":${JSON.stringify(cursor)}}`;
}
