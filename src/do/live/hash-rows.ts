import { byteLength } from "../../shared/byte-length.js";
import { hashText } from "./hash-text.js";
import type { RowPiece, RowResult } from "./row-result.js";

/** How many rows are hashed together. The hash of rows that have not changed is used again. */
const BLOCK_ROWS = 32;

interface Block {
  readonly hash: string;
  /** Size of the serialized rows, in bytes. */
  readonly bytes: number;
}

/** The hash of a result with rows, and those of its blocks. */
export interface RowHash {
  /** Equal results have equal hashes. */
  readonly hash: string;
  /** Size of the serialized result, in bytes. */
  readonly bytes: number;
  readonly blocks: readonly Block[];
}

/**
 * Hashes a result by its serialized rows. The hash does not depend on the earlier result.
 *
 * @param before an earlier result, from which the hashes of blocks with the same rows are taken
 */
export function hashRows(result: RowResult, before?: { readonly rows: RowResult; readonly hashed: RowHash }): RowHash {
  const { key, rest, rows } = result;
  const blocks: Block[] = [];
  for (let from = 0; from < rows.length; from += BLOCK_ROWS) {
    const known = before?.hashed.blocks[blocks.length];
    blocks.push(known && isSameBlock(rows, before.rows.rows, from) ? known : hashBlock(rows, from));
  }
  // JSON text has no line breaks. The first line distinguishes the text from that of a result without rows.
  const head = `rows ${JSON.stringify(key ?? null)}\n${rest.text}\n${rest.meta}\n`;
  return {
    hash: hashText(head + blocks.map(({ hash }) => hash).join("\n")),
    bytes: blocks.reduce((sum, { bytes }) => sum + bytes, byteLength(head)),
    blocks,
  };
}

function isSameBlock(rows: readonly RowPiece[], before: readonly RowPiece[], from: number): boolean {
  for (let index = from; index < from + BLOCK_ROWS; index++) if (rows[index] !== before[index]) return false;
  return true;
}

function hashBlock(rows: readonly RowPiece[], from: number): Block {
  const text = rows
    .slice(from, from + BLOCK_ROWS)
    .map((row) => `${row.text}\n${row.meta}\n`)
    .join("");
  return { hash: hashText(text), bytes: byteLength(text) };
}
