import type { z } from "zod";
import { isBytes } from "./is-bytes.js";
import { UnmappableError } from "./unmappable-error.js";

const plain = new Set(["string", "number", "boolean", "bigint", "date", "enum", "literal", "template_literal", "null"]);
const anything = new Set(["undefined", "any", "unknown", "never"]);

/**
 * Checks that a JSON column can store the nested types: the JSON types, and dates, bigints and bytes, which are stored
 * with a type tag. `any` and `unknown` are allowed, and each value is checked when it is written.
 *
 * @throws UnmappableError for the first type that cannot be stored
 */
export function checkNested(schema: z.core.$ZodType, seen: Set<z.core.$ZodType> = new Set()): void {
  // A recursive schema is valid if its other parts are.
  if (seen.has(schema)) return;
  seen.add(schema);
  const check = (inner: z.core.$ZodType): void => checkNested(inner, seen);
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (plain.has(def.type) || anything.has(def.type)) return;
  // Other types, including future ones of zod, fall through to the error.
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check
  switch (def.type) {
    case "object":
      for (const field of Object.values(def.shape)) check(field);
      if (def.catchall) check(def.catchall);
      return;
    case "array":
      return check(def.element);
    case "tuple":
      for (const item of def.items) check(item);
      if (def.rest) check(def.rest);
      return;
    case "record":
      check(def.keyType);
      return check(def.valueType);
    case "union":
      for (const option of def.options) check(option);
      return;
    case "intersection":
      check(def.left);
      return check(def.right);
    case "lazy":
      return check(def.getter());
    case "pipe":
      return check(def.out);
    case "optional":
    case "nullable":
    case "nonoptional":
    case "default":
    case "prefault":
    case "catch":
    case "readonly":
      return check(def.innerType);
    case "custom":
      if (isBytes(def)) return;
      break;
  }
  throw new UnmappableError(def.type);
}
