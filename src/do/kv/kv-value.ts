import { TRPCError } from "@trpc/server";
import { z } from "zod";
import type { KvEntry } from "../../router/kv/kv-api.js";
import type { KvSchemas } from "../../router/kv/kv-schemas.js";
import { badRequest } from "../tables/bad-request.js";
import { decodeJson, encodeJson } from "../tables/codec/json-codec.js";
import { describeIssues } from "../tables/write/parse-row.js";
import { ValueError } from "../tables/codec/value-error.js";
import { sizeOf } from "../tables/codec/value-size.js";
import type { StoredEntry } from "./kv-store.js";

/** Below the platform's 2 MB for a row, which local development does not enforce. */
const VALUE_BYTES = 1_048_576;

/**
 * Holds a value to its key's schema, if the key has one, and encodes it.
 *
 * @throws TRPCError BAD_REQUEST for what the schema refuses or cannot be stored, PAYLOAD_TOO_LARGE
 */
export function encodeValue(schemas: KvSchemas, key: string, value: unknown): string {
  return encodeParsed(parse(schemas, key, value));
}

/**
 * Encodes a value that was computed from a stored one. A schema may take something else than it returns, such as a codec: then
 * the value only has to be one that the schema returns.
 *
 * @throws TRPCError as `encodeValue`
 */
export function encodeComputed(schemas: KvSchemas, key: string, value: unknown): string {
  const schema = Object.hasOwn(schemas, key) ? schemas[key] : undefined;
  return schema && isReturnedBy(schema, value) ? encodeParsed(value) : encodeValue(schemas, key, value);
}

/** Whether a schema that works in both directions returns a value, and does not take it. */
function isReturnedBy(schema: z.core.$ZodType, value: unknown): boolean {
  try {
    return !z.safeParse(schema, value).success && z.safeEncode(schema, value).success;
  } catch {
    return false;
  }
}

function encodeParsed(parsed: unknown): string {
  if (parsed === undefined) throw badRequest("A key does not hold undefined. Delete the key, or store null.");
  const text = encode(parsed);
  if (text.length * 3 <= VALUE_BYTES || sizeOf(text) <= VALUE_BYTES) return text;
  throw new TRPCError({ code: "PAYLOAD_TOO_LARGE", message: `A key's value takes at most ${VALUE_BYTES} bytes.` });
}

/** Reads an entry back as it was stored: what a schema says today is not asked of what was written before. */
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
    throw new TRPCError({ code: cause.code, message: `The value ${cause.message}`, cause });
  }
}

function parse(schemas: KvSchemas, key: string, value: unknown): unknown {
  const schema = Object.hasOwn(schemas, key) ? schemas[key] : undefined;
  if (!schema) return value;
  const result = look(schema, key, value);
  if (result.success) return result.data;
  throw badRequest(`The key "${key}" refuses this value. ${describeIssues(result.error.issues)}`, result.error);
}

function look(schema: z.core.$ZodType, key: string, value: unknown): z.ZodSafeParseResult<unknown> {
  try {
    return z.safeParse(schema, value);
  } catch (error) {
    if (!(error instanceof z.core.$ZodAsyncError)) throw error;
    throw new Error(`The key "${key}" has an asynchronous check, and writes are synchronous. Check before.`, {
      cause: error,
    });
  }
}
