/**
 * A position in one Durable Object's change log. On the wire it is the opaque string `seq.nonce`, used as
 * tRPC's tracked event id. The nonce tells a database that was rolled back, and another object's cursor,
 * from the real thing: the same `seq` then carries another nonce.
 */
export interface Cursor {
  readonly seq: number;
  /** 16 lower-case hex digits. */
  readonly nonce: string;
}

const CURSOR = /^(0|[1-9][0-9]{0,15})\.([0-9a-f]{16})$/;

/** The cursor as it travels. */
export function formatCursor(cursor: Cursor): string {
  return `${cursor.seq}.${cursor.nonce}`;
}

/** Reads a cursor back; `undefined` for anything that {@link formatCursor} cannot have written. */
export function parseCursor(text: string): Cursor | undefined {
  const match = CURSOR.exec(text);
  if (!match) return undefined;
  const seq = Number(match[1]);
  return Number.isSafeInteger(seq) ? { seq, nonce: match[2] ?? "" } : undefined;
}
