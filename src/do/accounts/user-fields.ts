import superjson from "superjson";
import type { UserFieldsSchema } from "../../router/definition.js";
import { encodeFields } from "../fields/encode-fields.js";
import { applyPatch, mergeFields } from "../fields/merge-fields.js";

type Fields = Record<string, unknown>;

/** Stores the fields of the user that only server code writes: one row with the fields that were set, or none. */
export interface UserFieldsStore {
  /** Returns all fields. A field that was never set has the default of its schema. */
  read(): Fields;
  /** @throws TRPCError BAD_REQUEST (INPUT_INVALID), PAYLOAD_TOO_LARGE (FIELDS_TOO_LARGE) */
  set(patch: Readonly<Fields>): void;
}

export const userFieldsSchema =
  "CREATE TABLE IF NOT EXISTS _user_fields (only INTEGER PRIMARY KEY CHECK (only = 1), data TEXT NOT NULL) STRICT";

export function createUserFieldsStore(sql: SqlStorage, schema: UserFieldsSchema): UserFieldsStore {
  function stored(): Fields {
    const [row] = sql.exec("SELECT data FROM _user_fields").toArray();
    return row ? superjson.parse<Fields>(String(row["data"])) : {};
  }

  return {
    read: () => ({ ...schema.parse({}), ...pick(stored(), Object.keys(schema.shape)) }),

    set(patch) {
      const { kept, given } = applyPatch(schema, stored(), patch);
      const all = mergeFields(schema, stored(), patch, "fields");
      // Defaults are not stored, so that the version that reads the fields applies its own.
      const text = encodeFields(pick(all, Object.keys({ ...kept, ...given })), "fields");
      sql.exec("INSERT OR REPLACE INTO _user_fields (only, data) VALUES (1, ?)", text);
    },
  };
}

function pick(fields: Fields, names: readonly string[]): Fields {
  return Object.fromEntries(names.filter((name) => Object.hasOwn(fields, name)).map((name) => [name, fields[name]]));
}
