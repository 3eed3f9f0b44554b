import { z } from "zod";
import { isReservedKey } from "../shared/reserved-keys.js";

type Fields = Readonly<Record<string, unknown>>;

type MergedFields =
  | { readonly success: true; readonly data: Record<string, unknown>; readonly error?: undefined }
  | { readonly success: false; readonly data?: undefined; readonly error: z.ZodError };

/**
 * Merges new values into the app's own fields. Stored fields are outputs of the schema, and are not parsed again, because the
 * input of a schema can differ from its output (`z.stringbool()`, a codec, a transform). Only the new values are parsed.
 *
 * @param stored earlier outputs of the schema
 * @param given new values, as inputs of the schema; `undefined` keeps a field
 */
export function mergeStored(schema: z.ZodObject, stored: Fields, given: Fields): MergedFields {
  const { shape, def } = schema;
  const merged: Record<string, unknown> = {};
  const issues: z.core.$ZodIssue[] = [];
  const add = (name: string, { success, data, error }: z.ZodSafeParseResult<unknown>): void => {
    if (!success) issues.push(...error.issues.map((issue) => ({ ...issue, path: [name, ...issue.path] })));
    else if (data !== undefined) Object.defineProperty(merged, name, { ...plainProperty, value: data });
  };
  const names = new Set([...Object.keys(shape), ...Object.keys(stored), ...Object.keys(given)]);
  for (const name of names) {
    const field = Object.hasOwn(shape, name) ? shape[name] : def.catchall;
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    const kept = Object.hasOwn(stored, name) ? stored[name] : undefined;
    // As in zod, an object without a catchall drops unknown keys.
    if (!field) continue;
    if (!Object.hasOwn(shape, name) && field._zod.def.type === "never") {
      if (value !== undefined) issues.push(unrecognizedKey(name));
    } else if (value !== undefined) add(name, z.safeParse(field, value));
    else add(name, kept === undefined ? z.safeParse(field, undefined) : readField(field, kept));
  }
  // `ZodError` does not extend `Error`, and a TRPCError would replace it.
  if (issues.length > 0) return { success: false, error: new z.ZodRealError(issues) };
  const checks = (def.checks ?? []) as z.core.$ZodCheck<unknown>[];
  if (checks.length === 0) return { success: true, data: merged };
  return z
    .unknown()
    .check(...checks)
    .safeParse(merged) as MergedFields;
}

const plainProperty = { configurable: true, enumerable: true, writable: true } as const;

/** A stored field, unchanged. If it does not match the schema, an earlier version of the app stored it, and it is parsed. */
function readField(field: z.core.$ZodType, value: unknown): z.ZodSafeParseResult<unknown> {
  try {
    if (z.safeEncode(field, value).success) return { success: true, data: value };
  } catch (error) {
    if (error instanceof z.core.$ZodAsyncError) throw error;
    // A transform works in one direction only, so its output cannot be checked.
    return { success: true, data: value };
  }
  return z.safeParse(field, value);
}

function unrecognizedKey(name: string): z.core.$ZodIssue {
  return { code: "unrecognized_keys", keys: [name], path: [], message: `Unrecognized key: "${name}"` };
}

/**
 * Checks the names of an option's fields when the app starts. If a field has the name of an inherited method, zod reads the method
 * when the field is missing. superjson rejects `constructor` and `prototype`.
 *
 * @throws Error that names the option and the field
 */
export function checkInheritedNames(option: string, schema: z.ZodObject | undefined): void {
  const name = Object.keys(schema?.shape ?? {}).find((key) => key in Object.prototype || isReservedKey(key));
  if (name === undefined) return;
  throw new Error(
    `The option \`${option}\` of initUserDO has a field "${name}", which every object inherits. Rename the field.`,
  );
}
