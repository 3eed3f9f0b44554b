import type { Column } from "../../../router/schema/column.js";

/** The size of a page in bytes, as stored. A page ends before the row that would exceed it. */
export const PAGE_BYTES = 4_194_304;

/** The size of a page for a slow reader, about the amount that is sent to it at once. */
export const SMALL_PAGE_BYTES = 262_144;

/**
 * Counts the rows that fit into a page: at least one, so that a row larger than a page is read alone.
 *
 * @param sizes the sizes of the rows in bytes, in order
 */
export function countFitting(sizes: readonly number[], pageBytes: number = PAGE_BYTES): number {
  let total = 0;
  const tooMany = sizes.findIndex((bytes, index) => (total += bytes) > pageBytes && index > 0);
  return tooMany === -1 ? sizes.length : tooMany;
}

/** Whether values of a column can be long. Values of other columns take a few bytes each. */
export function isLongColumn({ name, type }: Column): boolean {
  return name !== "id" && (type === "text" || type === "json" || type === "bytes");
}
