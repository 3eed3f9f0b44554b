import { ReasonedError } from "../../router/reasoned-error.js";
import superjson from "superjson";
import { byteLength } from "../../shared/byte-length.js";
import { limits } from "../../shared/limits.js";

/** The objects of app-defined fields. Each is stored as one text. */
export type FieldsName = "profile" | "settings" | "fields";

/**
 * Encodes an object of app-defined fields for its column.
 *
 * @throws TRPCError BAD_REQUEST (INPUT_INVALID) for a key that superjson rejects, PAYLOAD_TOO_LARGE (FIELDS_TOO_LARGE) if the text has more than
 * `limits.fieldsBytes` bytes of UTF-8
 */
export function encodeFields(fields: unknown, name: FieldsName): string {
  const text = stringify(fields, name);
  if (byteLength(text) <= limits.fieldsBytes) return text;
  throw new ReasonedError({
    code: "PAYLOAD_TOO_LARGE",
    reason: "FIELDS_TOO_LARGE",
    message: `The ${name} would be larger than ${limits.fieldsBytes / 1024} KiB. Shorten the values, or store them in a table.`,
  });
}

function stringify(fields: unknown, name: FieldsName): string {
  try {
    return superjson.stringify(fields);
  } catch (cause) {
    const message = `The ${name} cannot be stored, because a value has a key __proto__, constructor or prototype. Rename the key.`;
    throw new ReasonedError({ code: "BAD_REQUEST", reason: "INPUT_INVALID", message, cause });
  }
}
