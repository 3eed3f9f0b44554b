import { isPlainObject } from "./value-copy.js";

/** A row of a result. Its id is unique among the rows. */
export type Row = Record<string, unknown> & { readonly id: string | number };

/** The rows of a result. */
export interface FoundRows {
  /** The property of the result that is the list of rows; `undefined` if the result itself is the list. */
  readonly key: string | undefined;
  readonly rows: readonly Row[];
}

/**
 * Finds the rows of a result: a list of objects with unique ids, or the longest such list among the properties of an object, such as
 * `items` of a page. Returns `undefined` for other results.
 */
export function findRows(data: unknown): FoundRows | undefined {
  if (Array.isArray(data)) return isRows(data) ? { key: undefined, rows: data } : undefined;
  if (!isPlainObject(data)) return undefined;
  let longest: FoundRows | undefined;
  for (const [key, value] of Object.entries(data)) {
    if (typeof value === "function") return undefined;
    // A key with one of these characters is escaped in the paths of superjson.
    if (!Array.isArray(value) || /[.\\]/.test(key) || value.length <= (longest?.rows.length ?? 0)) continue;
    if (isRows(value)) longest = { key, rows: value };
  }
  return longest;
}

function isRows(list: readonly unknown[]): list is readonly Row[] {
  if (list.length === 0) return false;
  const ids = new Set<unknown>();
  for (let index = 0; index < list.length; index++) {
    const row = list[index];
    if (!isPlainObject(row)) return false;
    const { id } = row;
    if (typeof id !== "string" && typeof id !== "number") return false;
    ids.add(id);
  }
  return ids.size === list.length;
}
