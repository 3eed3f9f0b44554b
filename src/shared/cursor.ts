/**
 * A position in the change log of one Durable Object. Clients receive it as the opaque string `seq.nonce`, which is tRPC's
 * tracked event id. The nonce differs if the database was rolled back, or if the cursor belongs to another object.
 */
export interface Cursor {
  readonly seq: number;
  /** 16 lower-case hex digits. */
  readonly nonce: string;
}

const CURSOR = /^(0|[1-9][0-9]{0,15})\.([0-9a-f]{16})$/;

/** Formats a cursor for clients. */
export function formatCursor(cursor: Cursor): string {
  return `${cursor.seq}.${cursor.nonce}`;
}

/** Parses a cursor; `undefined` for text that {@link formatCursor} does not return. */
export function parseCursor(text: string): Cursor | undefined {
  const match = CURSOR.exec(text);
  if (!match) return undefined;
  const seq = Number(match[1]);
  return Number.isSafeInteger(seq) ? { seq, nonce: match[2] ?? "" } : undefined;
}
