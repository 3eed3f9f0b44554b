import type { FoundRows, Row } from "./find-rows.js";
import { copyValue, isEqualToCopy, isPlainObject } from "./value-copy.js";

/** A value as superjson serializes it. */
export interface Serialized {
  readonly json: unknown;
  readonly meta?: { readonly values?: unknown; readonly referentialEqualities?: unknown } | undefined;
}

export type Serialize = (value: unknown) => Serialized;

/** A serialized part of a result. */
export interface Piece {
  /** The JSON text. */
  readonly text: string;
  /** The JSON text of superjson's annotations, whose paths begin in this part; empty if there are none. */
  readonly meta: string;
}

/** A serialized row. */
export interface RowPiece extends Piece {
  readonly id: string | number;
  /** The row itself, to find out whether a later one is equal; `undefined` if the result is not cached. */
  readonly copy: unknown;
}

/** A result that was serialized row by row. */
export interface RowResult {
  readonly key: string | undefined;
  /** The other properties of the result, with `null` in place of the rows. Without `key`, its text is empty. */
  readonly rest: Piece;
  readonly rows: readonly RowPiece[];
}

/** The paths of superjson begin with the property of the event that has the result. */
const ROOT = "data";

const EMPTY: Piece = { text: "", meta: "" };

/**
 * Splits a serialized event `{ id, data }` into the rows of its result. Returns `undefined` if a row serialized by itself would be
 * different: if an object occurs in several places of it, or if the row was serialized as something other than a plain object. An
 * object that several rows share is serialized in full with each of them.
 *
 * @param keeps whether to copy the rows, to compare a later result with them
 */
export function splitRows(event: Serialized, { key, rows }: FoundRows, keeps: boolean): RowResult | undefined {
  const { json, meta } = event;
  const listPath = key === undefined ? ROOT : `${ROOT}.${key}`;
  if (meta && !areIndependent(meta, listPath)) return undefined;
  const { data } = json as { readonly data: Record<string, unknown> };
  const list = (key === undefined ? data : data[key]) as readonly unknown[];
  const annotations = splitAnnotations(meta?.values ?? {}, listPath);
  if (!annotations) return undefined;
  return {
    key,
    rest: key === undefined ? EMPTY : { text: JSON.stringify({ ...data, [key]: null }), meta: annotations.rest },
    rows: rows.map((row, index) => ({
      id: row.id,
      text: JSON.stringify(list[index]),
      meta: annotations.rows.get(index) ?? "",
      copy: keeps ? copyValue(row) : undefined,
    })),
  };
}

/**
 * Whether no object occurs twice in the same row, or in the rest of the result, and no row contains the list.
 *
 * @param listPath the path of the list; `undefined` for a part that was serialized by itself, in which a field can have any name
 */
function areIndependent(
  { values, referentialEqualities }: NonNullable<Serialized["meta"]>,
  listPath: string | undefined,
): boolean {
  if (referentialEqualities === undefined) return true;
  // An array has the paths of the event itself.
  if (!isPlainObject(referentialEqualities)) return false;
  const prefix = listPath === undefined ? undefined : `${listPath}.`;
  const placeOf = (path: string): string => {
    if (prefix === undefined || !path.startsWith(prefix)) return "rest";
    const end = path.indexOf(".", prefix.length);
    return end === -1 ? path : path.slice(0, end);
  };
  return Object.entries(referentialEqualities).every(([path, others]) => {
    if (isOfPrimitive((values as Record<string, unknown> | undefined)?.[path])) return true;
    const paths = [path, ...(others as readonly string[])];
    const isOfWhole = paths.some((each) => each === ROOT || each === listPath);
    return !isOfWhole && new Set(paths.map(placeOf)).size === paths.length;
  });
}

/** superjson counts equal bigints and `NaN` as one object. */
function isOfPrimitive(annotation: unknown): boolean {
  const type: unknown = Array.isArray(annotation) ? annotation[0] : undefined;
  return type === "bigint" || type === "number";
}

/** Returns the annotations of each row, and those of the other properties. Returns `undefined` if a row itself has one. */
function splitAnnotations(
  values: object,
  listPath: string,
): { readonly rest: string; readonly rows: ReadonlyMap<number, string> } | undefined {
  const rest: Record<string, unknown> = {};
  const rows = new Map<number, string>();
  // Most rows of a list have the same annotations.
  const texts = new Map<string, string>();
  let current:
    | { readonly index: number; readonly prefix: string; readonly values: Record<string, unknown> }
    | undefined;

  const endRow = (): void => {
    if (!current) return;
    const text = JSON.stringify(current.values);
    rows.set(current.index, texts.get(text) ?? text);
    texts.set(text, text);
  };
  for (const [path, annotation] of Object.entries(values)) {
    if (current && path.startsWith(current.prefix)) {
      current.values[path.slice(current.prefix.length)] = annotation;
      continue;
    }
    if (path === ROOT || path === listPath) return undefined;
    if (!path.startsWith(`${listPath}.`)) {
      rest[path.slice(ROOT.length + 1)] = annotation;
      continue;
    }
    const end = path.indexOf(".", listPath.length + 1);
    if (end === -1) return undefined;
    endRow();
    const index = Number(path.slice(listPath.length + 1, end));
    current = { index, prefix: path.slice(0, end + 1), values: { [path.slice(end + 1)]: annotation } };
  }
  endRow();
  return { rest: annotationsText(rest), rows };
}

/**
 * Serializes the rows of a result that are not equal to those of an earlier one. Returns `undefined` if `splitRows` would, or if the
 * rows are in another place than before.
 */
export function serializeChanged(
  base: RowResult,
  data: unknown,
  { key, rows }: FoundRows,
  serialize: Serialize,
): RowResult | undefined {
  if (key !== base.key) return undefined;
  const rest = key === undefined ? EMPTY : pieceOf({ ...(data as object), [key]: null }, serialize);
  if (!rest) return undefined;
  const find = createRowFinder(base.rows);
  const pieces: RowPiece[] = [];
  for (const row of rows) {
    const position = find(row.id);
    const known = position === undefined ? undefined : base.rows[position];
    const piece = known && isEqualToCopy(row, known.copy) ? known : rowPiece(row, known, serialize);
    if (!piece) return undefined;
    pieces.push(piece);
  }
  return { key, rest, rows: pieces };
}

function rowPiece(row: Row, known: RowPiece | undefined, serialize: Serialize): RowPiece | undefined {
  const piece = pieceOf(row, serialize);
  if (!piece) return undefined;
  return known?.text === piece.text && known.meta === piece.meta
    ? known
    : { id: row.id, ...piece, copy: copyValue(row) };
}

/** Serializes a part by itself. Returns `undefined` if an object occurs in several places, or the part itself is annotated. */
function pieceOf(value: object, serialize: Serialize): Piece | undefined {
  const { json, meta } = serialize(value);
  if (meta && (Array.isArray(meta.values) || !areIndependent(meta, undefined))) return undefined;
  return { text: JSON.stringify(json), meta: annotationsText((meta?.values as object | undefined) ?? {}) };
}

/** Returns a function that finds the position of a row by its id. It is fast for rows that it is asked for in their order. */
export function createRowFinder(rows: readonly RowPiece[]): (id: string | number) => number | undefined {
  let next = 0;
  let byId: Map<string | number, number> | undefined;
  return (id) => {
    if (rows[next]?.id === id) return next++;
    byId ??= new Map(rows.map((row, index) => [row.id, index]));
    const index = byId.get(id);
    if (index !== undefined) next = index + 1;
    return index;
  };
}

function annotationsText(values: object): string {
  const text = JSON.stringify(values);
  return text === "{}" ? "" : text;
}
