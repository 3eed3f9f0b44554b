import { badRequest } from "../table-errors.js";
import type { PreparedTable } from "../prepared-table.js";

/** A UUIDv7 in its canonical form. An id has one spelling, so that two rows cannot have the same UUID. */
const ROW_ID = /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;

/**
 * Separates the id that a caller chose for a new row from the values of the row's fields.
 *
 * @throws ReasonedError BAD_REQUEST (VALUE_INVALID) unless the id is a UUIDv7 in lower case
 */
export function takeId(table: PreparedTable, values: unknown): { readonly id?: string; readonly fields: unknown } {
  if (typeof values !== "object" || values === null || !Object.hasOwn(values, "id")) return { fields: values };
  const { id, ...fields } = values as { readonly id: unknown };
  if (id === undefined) return { fields };
  if (typeof id === "string" && ROW_ID.test(id)) return { id, fields };
  throw badRequest(
    "VALUE_INVALID",
    `The id of a new row of "${table.name}" must be a UUIDv7 in lower case. Create it with v7() of the ` +
      "package uuid, or omit it.",
  );
}
