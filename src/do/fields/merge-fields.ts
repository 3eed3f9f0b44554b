import type { z } from "zod";
import { ReasonedError } from "../../router/reasoned-error.js";
import { mergeStored } from "../../router/stored-fields.js";
import { describeIssues } from "../tables/write/parse-row.js";
import type { FieldsName } from "./encode-fields.js";

type Fields = Record<string, unknown>;

/**
 * Applies a patch to stored fields. `undefined` keeps a field. `null` clears it, unless the schema of the field accepts
 * `null`.
 *
 * @throws TRPCError BAD_REQUEST (INPUT_INVALID) with the ZodError as its cause, if the merged fields do not match the schema
 */
export function mergeFields(schema: z.ZodObject, stored: unknown, patch: Readonly<Fields>, name: FieldsName): Fields {
  const { kept, given } = applyPatch(schema, stored, patch);
  const { success, data, error } = mergeStored(schema.strict(), kept, given);
  if (success) return data;
  throw new ReasonedError({
    code: "BAD_REQUEST",
    reason: "INPUT_INVALID",
    message: `The ${name} ${name === "profile" ? "is" : "are"} not valid. ${describeIssues(error.issues)}`,
    cause: error,
  });
}

/**
 * Returns the stored fields that a patch keeps, and the new values of the patch, which are not parsed yet. Stored fields that
 * the schema no longer has are omitted.
 */
export function applyPatch({ shape }: z.ZodObject, stored: unknown, patch: Readonly<Fields>) {
  // Without a prototype, so that "__proto__" becomes a field, which the schema rejects.
  const [kept, given] = [Object.create(null) as Fields, Object.create(null) as Fields];
  for (const [name, value] of Object.entries({ ...(stored as Fields | undefined) })) {
    if (Object.hasOwn(shape, name)) kept[name] = value;
  }
  for (const [name, value] of Object.entries(patch)) {
    if (value === undefined) continue;
    delete kept[name];
    const field = Object.hasOwn(shape, name) ? shape[name] : undefined;
    if (value !== null || !field || accepts(field, null)) given[name] = value;
  }
  return { kept, given };
}

function accepts(field: unknown, value: unknown): boolean {
  return (field as { safeParse(input: unknown): { success: boolean } }).safeParse(value).success;
}
