import type { Column } from "../../../router/schema/column.js";

/** A page ends before the row that would make it larger, in bytes as stored. */
export const PAGE_BYTES = 4_194_304;

/** The same for a reader that may be slow: about as much as is sent to it at once. More would be read in vain. */
export const SMALL_PAGE_BYTES = 262_144;

/**
 * How many rows make a page: as many as fit together, and at least one, so that a row larger than a page is read alone.
 *
 * @param sizes how many bytes each row takes, in order
 */
export function countFitting(sizes: readonly number[], pageBytes: number = PAGE_BYTES): number {
  let total = 0;
  const tooMany = sizes.findIndex((bytes, index) => (total += bytes) > pageBytes && index > 0);
  return tooMany === -1 ? sizes.length : tooMany;
}

/** Whether a column's values may be long. The others take a few bytes each. */
export function isLongColumn({ name, type }: Column): boolean {
  return name !== "id" && (type === "text" || type === "json" || type === "bytes");
}
