import { TRPCError } from "@trpc/server";
import type { z } from "zod";
import { describeIssues } from "../storage/parse-row.js";
import type { FieldsName } from "./encode-fields.js";

/**
 * An object of the app's own with some fields changed: `undefined` keeps a field; `null` clears it, unless the field
 * holds `null`.
 *
 * @throws TRPCError BAD_REQUEST, with zod's issues as its cause, when the whole is none
 */
export function mergeFields(
  schema: z.ZodObject,
  stored: unknown,
  patch: Readonly<Record<string, unknown>>,
  what: FieldsName,
): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...(stored as Record<string, unknown> | undefined) };
  for (const [name, value] of Object.entries(patch)) {
    if (value === undefined) continue;
    const field = Object.hasOwn(schema.shape, name) ? schema.shape[name] : undefined;
    if (value === null && field && !accepts(field, null)) delete merged[name];
    else merged[name] = value;
  }
  const { success, data, error } = schema.strict().safeParse(merged);
  if (success) return data;
  throw new TRPCError({
    code: "BAD_REQUEST",
    message: `The ${what} ${what === "settings" ? "are" : "is"} not valid. ${describeIssues(error.issues)}`,
    cause: error,
  });
}

function accepts(field: unknown, value: unknown): boolean {
  return (field as { safeParse(input: unknown): { success: boolean } }).safeParse(value).success;
}
