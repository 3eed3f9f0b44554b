import { hash } from "node:crypto";
import { validate, version } from "uuid";

/**
 * Returns the id of an imported row: its own, if it is one of this package, or else a UUIDv7 that depends on the table, the id and
 * the time only. An import that is repeated thus finds the row.
 *
 * @param at when the row was created, in milliseconds since the epoch
 */
export function importedRowId(table: string, id: string, at: number): string {
  if (validate(id) && version(id) === 7) return id.toLowerCase();
  const time = Math.max(0, at).toString(16).padStart(12, "0").slice(-12);
  const digest = hash("sha256", JSON.stringify(["imported row", table, id]), "hex");
  // RFC 9562: 48 bits of time, the version, 12 bits, the variant 10, and 62 bits.
  const variant = (8 + (Number.parseInt(digest.charAt(3), 16) % 4)).toString(16);
  return [
    time.slice(0, 8),
    time.slice(8),
    `7${digest.slice(0, 3)}`,
    `${variant}${digest.slice(4, 7)}`,
    digest.slice(7, 19),
  ].join("-");
}
