import { z } from "zod";
import { isReservedKey } from "../shared/reserved-keys.js";

type Fields = Readonly<Record<string, unknown>>;

type MergedFields =
  | { readonly success: true; readonly data: Record<string, unknown>; readonly error?: undefined }
  | { readonly success: false; readonly data?: undefined; readonly error: z.ZodError };

/**
 * The app's own fields with some of them changed. Stored fields are what the schema returned, and are not parsed again: a
 * schema may take something else than it returns (`z.stringbool()`, a codec, a transform). Only the new values are parsed.
 *
 * @param stored what the schema returned before
 * @param given new values, as the schema takes them; `undefined` keeps a field
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
    // Like zod, an object without a catchall leaves out keys that it does not know.
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

/** A stored field as it is. One that does not fit is parsed: an earlier version of the app may have stored it. */
function readField(field: z.core.$ZodType, value: unknown): z.ZodSafeParseResult<unknown> {
  try {
    if (z.safeEncode(field, value).success) return { success: true, data: value };
  } catch (error) {
    if (error instanceof z.core.$ZodAsyncError) throw error;
    // Nothing can be said of the result of a transform, which works in one direction only.
    return { success: true, data: value };
  }
  return z.safeParse(field, value);
}

function unrecognizedKey(name: string): z.core.$ZodIssue {
  return { code: "unrecognized_keys", keys: [name], path: [], message: `Unrecognized key: "${name}"` };
}

/**
 * Checks the names of an option's fields when the app starts. zod reads a missing field with the name of an inherited
 * method as that method, and superjson refuses to send `constructor` and `prototype`.
 *
 * @throws Error that names the option and the field
 */
export function checkInheritedNames(option: string, schema: z.ZodObject | undefined): void {
  const name = Object.keys(schema?.shape ?? {}).find((key) => key in Object.prototype || isReservedKey(key));
  if (name === undefined) return;
  throw new Error(
    `The option \`${option}\` of initUserDO has a field "${name}", which every object has. Rename the field.`,
  );
}
