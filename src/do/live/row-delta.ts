import { createRowFinder, type Piece, type RowPiece, type RowResult } from "./row-result.js";

/** A row of the new result: its position among the rows of the base, followed by the inserted rows. */
type Position = number;

/**
 * Returns the JSON text of the delta between two results with the same `key`. `applyDelta` of the client describes the format. The
 * text is longer than the whole result if few rows are the same.
 */
export function createDelta(baseHash: string, base: RowResult, next: RowResult): string {
  const find = createRowFinder(base.rows);
  const order: Position[] = [];
  const inserted: string[] = [];
  const updated: string[] = [];
  for (const row of next.rows) {
    const position = find(row.id);
    const before = position === undefined ? undefined : base.rows[position];
    if (position === undefined || before === undefined) {
      order.push(base.rows.length + inserted.length);
      inserted.push(fieldsOf(row));
    } else {
      order.push(position);
      if (before !== row) updated.push(`{"at":${position},${changeOf(before, row)}}`);
    }
  }
  const runs = runsOf(order);
  const isSameOrder = runs.length === 1 && runs[0]?.[0] === 0 && runs[0][1] === base.rows.length;
  const isSameRest = base.rest.text === next.rest.text && base.rest.meta === next.rest.meta;
  const parts = [
    `"base":${JSON.stringify(baseHash)}`,
    next.key !== undefined && `"key":${JSON.stringify(next.key)}`,
    !isSameRest && `"rest":{${fieldsOf(next.rest)}}`,
    updated.length > 0 && `"update":[${updated.join()}]`,
    inserted.length > 0 && `"insert":[${inserted.map((fields) => `{${fields}}`).join()}]`,
    !isSameOrder && `"order":${JSON.stringify(runs)}`,
  ];
  return `{${parts.filter(Boolean).join()}}`;
}

const fieldsOf = ({ text, meta }: Piece): string => `"json":${text}${meta && `,"meta":${meta}`}`;

/** Returns the changed fields of a row, or the whole row if its fields would be in another order. */
function changeOf(before: RowPiece, after: RowPiece): string {
  const old = JSON.parse(before.text) as Record<string, unknown>;
  const now = JSON.parse(after.text) as Record<string, unknown>;
  const set: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(now)) {
    if (!Object.hasOwn(old, field) || JSON.stringify(old[field]) !== JSON.stringify(value)) set[field] = value;
  }
  const removed = Object.keys(old).filter((field) => !Object.hasOwn(now, field));
  const kept = Object.keys(old).filter((field) => Object.hasOwn(now, field));
  const order = [...kept, ...Object.keys(set).filter((field) => !Object.hasOwn(old, field))];
  if (Object.keys(now).some((field, index) => field !== order[index])) return fieldsOf(after);
  const parts = [
    `"set":${JSON.stringify(set)}`,
    removed.length > 0 && `"remove":${JSON.stringify(removed)}`,
    before.meta !== after.meta && `"meta":${after.meta || "null"}`,
  ];
  return parts.filter(Boolean).join();
}

/** Returns the positions as runs of consecutive ones: the first of each, and their number. */
function runsOf(order: readonly Position[]): [first: Position, count: number][] {
  const runs: [first: Position, count: number][] = [];
  for (const position of order) {
    const last = runs.at(-1);
    if (last && last[0] + last[1] === position) last[1]++;
    else runs.push([position, 1]);
  }
  return runs;
}
