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
 * @throws Error when a declared key is no name, or one that is taken
 */
export function createKvRouter<TSchemas extends KvSchemas>(schemas: TSchemas): KvRouter<TSchemas> {
  checkKvSchemas(schemas);
  const declared = Object.fromEntries(Object.keys(schemas).map((key) => [key, declaredKeyProcedures(key)]));
  // Built from keys, where only ctx.kv knows the schemas; the types say what it holds them to.
  return { ...freeKeyProcedures, ...declared } as KvRouter<TSchemas>;
}
