import { z } from "zod";
import type { KvEntry } from "../../router/kv/kv-api.js";
import type { KvSchemas } from "../../router/kv/kv-schemas.js";
import { ReasonedError } from "../../router/reasoned-error.js";
import { decodeJson, encodeJson } from "../tables/codec/json-codec.js";
import { describeIssues } from "../tables/write/parse-row.js";
import { ValueError } from "../tables/table-errors.js";
import { sizeOf } from "../tables/codec/value-size.js";
import type { StoredEntry } from "./kv-store.js";

/** Below the platform's limit of 2 MB per row, which local development does not enforce. */
const VALUE_BYTES = 1_048_576;

/**
 * Validates a value with the schema of its key, if the key has one, and encodes it.
 *
 * @throws ReasonedError BAD_REQUEST if the schema rejects the value or it cannot be stored, PAYLOAD_TOO_LARGE
 */
export function encodeValue(schemas: KvSchemas, key: string, value: unknown): string {
  return encodeParsed(parse(schemas, key, value));
}

/**
 * Encodes a value that was computed from a stored one. The input and the output of a schema can differ, as with a codec. Then
 * the value only has to be a valid output.
 *
 * @throws ReasonedError as `encodeValue` does
 */
export function encodeComputed(schemas: KvSchemas, key: string, value: unknown): string {
  const schema = Object.hasOwn(schemas, key) ? schemas[key] : undefined;
  return schema && isReturnedBy(schema, value) ? encodeParsed(value) : encodeValue(schemas, key, value);
}

/** Whether a value is a valid output, but not a valid input, of a schema that works in both directions. */
function isReturnedBy(schema: z.core.$ZodType, value: unknown): boolean {
  try {
    return !z.safeParse(schema, value).success && z.safeEncode(schema, value).success;
  } catch {
    return false;
  }
}

/**
 * Encodes a value that the schema has parsed.
 *
 * @throws ReasonedError as `encodeValue` does
 */
export function encodeParsed(parsed: unknown): string {
  if (parsed === undefined) throw badValue("`undefined` cannot be stored. Delete the key, or store `null`.");
  const text = encode(parsed);
  if (text.length * 3 <= VALUE_BYTES || sizeOf(text) <= VALUE_BYTES) return text;
  throw new ReasonedError({
    code: "PAYLOAD_TOO_LARGE",
    reason: "VALUE_TOO_LARGE",
    message: `The value is larger than ${VALUE_BYTES} bytes. Split it over several keys, or store it in a table.`,
  });
}

/** Decodes an entry as it was stored. The current schema does not validate values that were written earlier. */
export function toKvEntry({ key, version, expiresAt, createdAt, updatedAt, text }: StoredEntry): KvEntry {
  return {
    key,
    value: decodeJson(text),
    version,
    createdAt: new Date(createdAt),
    updatedAt: new Date(updatedAt),
    expiresAt: expiresAt === undefined ? undefined : new Date(expiresAt),
  };
}

function encode(value: unknown): string {
  try {
    return encodeJson(value);
  } catch (cause) {
    if (!(cause instanceof ValueError)) throw cause;
    throw new ReasonedError({ code: cause.code, reason: cause.reason, message: `The value ${cause.message}`, cause });
  }
}

function parse(schemas: KvSchemas, key: string, value: unknown): unknown {
  const schema = Object.hasOwn(schemas, key) ? schemas[key] : undefined;
  if (!schema) return value;
  const result = safeParse(schema, key, value);
  if (result.success) return result.data;
  throw badValue(`The key "${key}" does not accept this value. ${describeIssues(result.error.issues)}`, result.error);
}

function badValue(message: string, cause?: unknown): ReasonedError {
  return new ReasonedError({ code: "BAD_REQUEST", reason: "VALUE_INVALID", message, cause });
}

function safeParse(schema: z.core.$ZodType, key: string, value: unknown): z.ZodSafeParseResult<unknown> {
  try {
    return z.safeParse(schema, value);
  } catch (error) {
    if (!(error instanceof z.core.$ZodAsyncError)) throw error;
    throw new Error(
      `The schema of the key "${key}" has an async check, but writes are synchronous. Run the check before the write.`,
      {
        cause: error,
      },
    );
  }
}
