import { TRPCError } from "@trpc/server";
import superjson from "superjson";
import { byteLength } from "../../shared/byte-length.js";
import { limits } from "../../shared/limits.js";

/** An object of the app's own fields that is stored as one text. */
export type FieldsName = "profile" | "settings" | "fields";

/**
 * Encodes an object of the app's own fields for its row.
 *
 * @throws TRPCError BAD_REQUEST for a key that superjson refuses, PAYLOAD_TOO_LARGE when the text takes more than
 * `limits.fieldsBytes` as UTF-8
 */
export function encodeFields(fields: unknown, name: FieldsName): string {
  const text = stringify(fields, name);
  if (byteLength(text) <= limits.fieldsBytes) return text;
  throw new TRPCError({
    code: "PAYLOAD_TOO_LARGE",
    message: `The ${name} would take more than ${limits.fieldsBytes / 1024} KiB. Shorten the values, or keep them in a table.`,
  });
}

function stringify(fields: unknown, name: FieldsName): string {
  try {
    return superjson.stringify(fields);
  } catch (cause) {
    const message = `The ${name} cannot be stored: a value has a key __proto__, constructor or prototype. Rename the key.`;
    throw new TRPCError({ code: "BAD_REQUEST", message, cause });
  }
}
