import { z } from "zod";

type Parsed =
  | { readonly success: true; readonly data: unknown }
  | { readonly success: false; readonly issues: readonly z.core.$ZodIssue[] };

const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/;
const DIGITS = /^-?\d{1,40}$/;
const BASE64 = /^[A-Za-z\d+/]+={0,2}$/;

/**
 * Reads a value of a file, which JSON may have changed: a `Date` is text, a `bigint` digits, and bytes are base64 or an object.
 *
 * @param isStored whether the value is an output of the schema, as an export has it. It is then not parsed again
 */
export function readImported(schema: z.core.$ZodType, value: unknown, isStored: boolean): Parsed {
  const revived = revive(value);
  if (isStored) {
    for (const data of [value, ...revived]) if (isOutputOf(schema, data)) return { success: true, data };
  }
  const parsed = parseImported(schema, value);
  if (parsed.success) return parsed;
  for (const data of revived) {
    const read = parseImported(schema, data);
    if (read.success) return read;
  }
  return parsed;
}

/** Parses a value. The app's code in a schema, such as a transform, can throw: only this value is then refused. */
export function parseImported(schema: z.core.$ZodType, value: unknown): Parsed {
  try {
    const { success, data, error } = z.safeParse(schema, value);
    return success ? { success, data } : { success, issues: error.issues };
  } catch {
    const message =
      "The schema threw an error instead of refusing the value. Parse the value with it to see the error.";
    return { success: false, issues: [{ code: "custom", path: [], message, input: value }] };
  }
}

/** The values that JSON may have written as this one. */
function revive(value: unknown): unknown[] {
  if (typeof value === "string") {
    const revived: unknown[] = [];
    if (ISO_TIME.test(value)) revived.push(new Date(value));
    if (DIGITS.test(value)) revived.push(BigInt(value));
    if (BASE64.test(value) && value.length % 4 === 0) revived.push(new Uint8Array(Buffer.from(value, "base64")));
    return revived;
  }
  const bytes = typeof value === "object" && value !== null && !Array.isArray(value) ? Object.values(value) : [];
  const isBytes = bytes.every((byte) => Number.isInteger(byte) && Number(byte) >= 0 && Number(byte) <= 255);
  return bytes.length > 0 && isBytes ? [Uint8Array.from(bytes as number[])] : [];
}

function isOutputOf(schema: z.core.$ZodType, value: unknown): boolean {
  try {
    return z.safeEncode(schema, value).success;
  } catch (error) {
    // A transform works in one direction only, so its output cannot be checked. Other errors are those of the app's code.
    return error instanceof z.core.$ZodEncodeError;
  }
}

/** Reads the fields of an object of a file. Rejects unknown fields. */
export function readImportedFields(
  schema: z.ZodObject,
  values: unknown,
  isStored: boolean,
): { readonly data: Record<string, unknown>; readonly issues: readonly z.core.$ZodIssue[] } {
  const issues: z.core.$ZodIssue[] = [];
  const data: Record<string, unknown> = {};
  const given = typeof values === "object" && values !== null ? (values as Readonly<Record<string, unknown>>) : {};
  if (given !== values) {
    const message = "This is not an object.";
    return { data, issues: [{ code: "invalid_type", expected: "object", path: [], message, input: values }] };
  }
  const { shape } = schema;
  const keys = Object.keys(given).filter((name) => !Object.hasOwn(shape, name) && given[name] !== undefined);
  if (keys.length > 0)
    issues.push({ code: "unrecognized_keys", keys, path: [], message: `Unknown fields: ${keys.join(", ")}` });
  for (const [name, field] of Object.entries(shape)) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    const read = value === undefined ? parseImported(field, undefined) : readImported(field, value, isStored);
    if (read.success) {
      if (read.data !== undefined) Object.defineProperty(data, name, { ...plainProperty, value: read.data });
    } else {
      issues.push(...read.issues.map((issue) => ({ ...issue, path: [name, ...issue.path] })));
    }
  }
  return { data, issues };
}

const plainProperty = { configurable: true, enumerable: true, writable: true } as const;
