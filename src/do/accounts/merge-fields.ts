import { TRPCError } from "@trpc/server";
import type { z } from "zod";
import { describeIssues } from "../storage/parse-row.js";
import type { FieldsName } from "./encode-fields.js";

type Fields = Record<string, unknown>;

/**
 * An object of the app's own with some fields changed: `undefined` keeps a field; `null` clears it, unless the field
 * holds `null`.
 *
 * @throws TRPCError BAD_REQUEST, with zod's issues as its cause, when the whole does not fit the schema
 */
export function mergeFields(schema: z.ZodObject, stored: unknown, patch: Readonly<Fields>, name: FieldsName): Fields {
  return checkFields(schema, applyPatch(schema, stored, patch), name);
}

/** The stored fields with those of the patch, not checked. A stored field that the schema no longer has is left out. */
export function applyPatch({ shape }: z.ZodObject, stored: unknown, patch: Readonly<Fields>): Fields {
  // Without a prototype, so that a field called "__proto__" is a field, which the schema refuses.
  const merged = Object.create(null) as Fields;
  for (const [name, value] of Object.entries({ ...(stored as Fields | undefined) })) {
    if (Object.hasOwn(shape, name)) merged[name] = value;
  }
  for (const [name, value] of Object.entries(patch)) {
    if (value === undefined) continue;
    const field = Object.hasOwn(shape, name) ? shape[name] : undefined;
    if (value === null && field && !accepts(field, null)) delete merged[name];
    else merged[name] = value;
  }
  return merged;
}

/** @throws TRPCError BAD_REQUEST, with zod's issues as its cause, for what does not fit the schema */
export function checkFields(schema: z.ZodObject, fields: Fields, name: FieldsName): Fields {
  const { success, data, error } = schema.strict().safeParse(fields);
  if (success) return data;
  throw new TRPCError({
    code: "BAD_REQUEST",
    message: `The ${name} ${name === "profile" ? "is" : "are"} not valid. ${describeIssues(error.issues)}`,
    cause: error,
  });
}

function accepts(field: unknown, value: unknown): boolean {
  return (field as { safeParse(input: unknown): { success: boolean } }).safeParse(value).success;
}
