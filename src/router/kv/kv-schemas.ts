import type { z } from "zod";
import { isIdentifier } from "../schema/field-names.js";
import { keyProblem } from "./kv-key.js";
import { isReservedKey } from "../../shared/reserved-keys.js";

/** The keys that an app declares, with the schemas of their values. */
export type KvSchemas = Readonly<Record<string, z.core.$ZodType>>;

/** The names of the `kv` router's own procedures, and three names that tRPC reserves. */
const reservedNames = [
  "get",
  "getEntry",
  "set",
  "delete",
  "list",
  "increment",
  "watch",
  "then",
  "call",
  "apply",
] as const;

/** Rejects the reserved names at compile time. */
export type NoReservedNames = { readonly [TName in (typeof reservedNames)[number]]?: never };

/**
 * Checks the names of declared keys. Each becomes a router inside `kv`, so it must be an identifier that is not reserved. Keys
 * that are not declared can be any text.
 *
 * @throws Error that names the key and how to fix it
 */
export function checkKvSchemas(schemas: KvSchemas): void {
  for (const key of Object.keys(schemas)) {
    if (!isIdentifier(key) || keyProblem(key) !== undefined) {
      throw new Error(
        `The declared key ${JSON.stringify(key)} is not a valid name. Begin with a letter, and use at most 63 ` +
          'letters, digits and "_". A key without a schema can be any string, and needs no declaration.',
      );
    }
    if (isReservedKey(key)) {
      throw new Error(
        `The declared key "${key}" cannot be called, because requests with this name are rejected. Rename the key.`,
      );
    }
    if ((reservedNames as readonly string[]).includes(key)) {
      throw new Error(
        `The declared key "${key}" has the name of a procedure of the kv router, or a name that tRPC reserves. Rename the key.`,
      );
    }
  }
}
