import { declaredKeyProcedures, type DeclaredKeyProcedures } from "./declared-key-procedures.js";
import { freeKeyProcedures } from "./free-key-procedures.js";
import { checkKvSchemas, type KvSchemas } from "./kv-schemas.js";

/** The built-in `kv` procedures: `kv.get({ key })` for any key, `kv.preferences.get()` for a declared one. */
export type KvRouter<TSchemas extends KvSchemas> = typeof freeKeyProcedures & {
  readonly [TKey in keyof TSchemas & string]: DeclaredKeyProcedures<TSchemas[TKey]>;
};

/**
 * The built-in `kv` procedures of an app.
 *
 * @throws Error if the name of a declared key is not valid or reserved
 */
export function createKvRouter<TSchemas extends KvSchemas>(schemas: TSchemas): KvRouter<TSchemas> {
  checkKvSchemas(schemas);
  const declared = Object.fromEntries(Object.keys(schemas).map((key) => [key, declaredKeyProcedures(key)]));
  // The procedures are created from the names only. `ctx.kv` validates the values by their schemas, as the types state.
  return { ...freeKeyProcedures, ...declared } as KvRouter<TSchemas>;
}
