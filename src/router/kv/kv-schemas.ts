import type { z } from "zod";
import { isIdentifier } from "../schema/field-names.js";
import { keyProblem } from "./kv-key.js";
import { isReservedKey } from "../../shared/reserved-keys.js";

/** The keys that an app declares, and what they hold. */
export type KvSchemas = Readonly<Record<string, z.core.$ZodType>>;

/** Names that the `kv` router has for its own procedures, and three that tRPC keeps. */
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

/** Refuses them at compile time. */
export type NoReservedNames = { readonly [TName in (typeof reservedNames)[number]]?: never };

/**
 * Checks the names of declared keys. Each becomes a part of the `kv` router, so it is a name, and not one taken.
 * Free keys, which no schema declares, may be anything.
 *
 * @throws Error that names the key and says what to do
 */
export function checkKvSchemas(schemas: KvSchemas): void {
  for (const key of Object.keys(schemas)) {
    if (!isIdentifier(key) || keyProblem(key) !== undefined) {
      throw new Error(
        `The declared key ${JSON.stringify(key)} is no name: use letters, digits and "_", a letter first, 63 at most. ` +
          "A key that needs no schema may be any text, and is not declared.",
      );
    }
    if (isReservedKey(key)) {
      throw new Error(`The declared key "${key}" cannot be called: requests with this name are refused. Rename it.`);
    }
    if ((reservedNames as readonly string[]).includes(key)) {
      throw new Error(
        `The declared key "${key}" has the name of a procedure of the kv router, or of tRPC's. Rename it.`,
      );
    }
  }
}
