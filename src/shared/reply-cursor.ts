import { formatCursor, parseCursor, type Cursor } from "./cursor.js";
import type { ObjectAddress } from "./owner.js";

/** Ends the cursors of the app's object. A client does not know otherwise that a mutation wrote to its log. */
const OF_APP = ":app";

/** Formats the position after the writes of a mutation for its reply. */
export function formatReplyCursor({ type }: Pick<ObjectAddress, "type">, cursor: Cursor): string {
  return `${formatCursor(cursor)}${type === "app" ? OF_APP : ""}`;
}

/** Parses a cursor of a reply, of any object. */
export function parseReplyCursor(cursor: string): Cursor | undefined {
  return parseCursor(cursor.replace(OF_APP, ""));
}

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
