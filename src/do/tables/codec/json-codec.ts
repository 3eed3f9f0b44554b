import { limits } from "../../../shared/limits.js";
import { isReservedKey } from "../../../shared/reserved-keys.js";
import { decodeBigint, encodeBigint } from "./bigint-codec.js";
import { ValueError } from "../table-errors.js";

/** The key that tags values that JSON cannot express: `{ "$": "date", "value": 0 }`. */
const TAG = "$";

/** Also matches some texts without such a key, which then take the slower path of decoding. */
const MAY_HAVE_RESERVED_KEY = /"(?:constructor|prototype)":/;

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/**
 * Encodes a value as JSON text. Dates, bigints, bytes, Maps, Sets and `undefined` elements are tagged; plain JSON is
 * unchanged. The keys of objects are sorted, so that equal values have equal texts and SQL can compare them.
 *
 * @throws ValueError for a value that could not be decoded: a class instance, a function, NaN, half of a surrogate
 * pair, a cycle, or a key that superjson refuses to send
 */
export function encodeJson(value: unknown): string {
  return JSON.stringify(toJson(value, { left: limits.jsonNodes }, 0));
}

/**
 * Decodes the text. An earlier version stored the keys "constructor" and "prototype", which superjson refuses to send.
 * They are omitted, so that the rest of the value can be read.
 */
export function decodeJson(text: string): unknown {
  const json = JSON.parse(text) as Json;
  return text.includes(`"${TAG}":`) || MAY_HAVE_RESERVED_KEY.test(text) ? fromJson(json) : json;
}

function toJson(value: unknown, budget: { left: number }, depth: number): Json {
  if (depth > limits.jsonDepth) throw new ValueError(`must not be nested deeper than ${limits.jsonDepth} levels.`);
  if (--budget.left < 0) throw tooManyValues("PAYLOAD_TOO_LARGE");
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "string") return checkWellFormed(value);
  if (typeof value === "number") return checkFinite(value);
  if (typeof value === "bigint") return { [TAG]: "bigint", value: encodeBigint(value) };
  if (value === undefined) return { [TAG]: "undefined" };
  if (Array.isArray(value)) return listToJson(value, budget, depth);
  if (value instanceof Date) return { [TAG]: "date", value: checkFinite(value.getTime()) };
  if (value instanceof Uint8Array) return { [TAG]: "bytes", value: toBase64(value) };
  if (value instanceof Map) return { [TAG]: "map", value: listToJson([...value], budget, depth) };
  if (value instanceof Set) return { [TAG]: "set", value: listToJson([...value], budget, depth) };
  if (typeof value !== "object" || !isPlain(value)) {
    throw new ValueError("contains a value that cannot be stored, such as a function or an instance of a class.");
  }
  const object = objectToJson(value, budget, depth);
  return Object.hasOwn(object, TAG) ? { [TAG]: "object", value: object } : object;
}

function listToJson(list: readonly unknown[], budget: { left: number }, depth: number): Json[] {
  // Checked before the items are read: a sparse array can have a length far above its number of items.
  if (list.length > budget.left) {
    const code = hasHole(list, budget.left) ? "BAD_REQUEST" : "PAYLOAD_TOO_LARGE";
    throw tooManyValues(code);
  }
  return Array.from(list, (item) => toJson(item, budget, depth + 1));
}

function tooManyValues(code: ValueError["code"]): ValueError {
  return new ValueError(`must not have more than ${limits.jsonNodes} values.`, code);
}

/** Whether one of the first `count` items is missing. */
function hasHole(list: readonly unknown[], count: number): boolean {
  for (let index = 0; index < count; index++) if (!(index in list)) return true;
  return false;
}

function objectToJson(value: object, budget: { left: number }, depth: number): { [key: string]: Json } {
  const object: { [key: string]: Json } = {};
  for (const [key, item] of Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))) {
    if (isReservedKey(key)) throw new ValueError(`has a key "${key}", which cannot be stored. Rename the key.`);
    if (item !== undefined) object[checkWellFormed(key)] = toJson(item, budget, depth + 1);
  }
  return object;
}

function isPlain(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

function checkWellFormed(text: string): string {
  if (!text.isWellFormed()) throw new ValueError("contains half of a surrogate pair, which is not valid text.");
  return text;
}

function checkFinite(value: number): number {
  if (!Number.isFinite(value)) throw new ValueError("contains a number that is not finite, or an invalid date.");
  return value;
}

function fromJson(json: Json): unknown {
  if (typeof json !== "object" || json === null) return json;
  if (Array.isArray(json)) return json.map(fromJson);
  const tag = json[TAG];
  if (tag === undefined) return mapValues(json);
  const { value } = json;
  if (tag === "date") return new Date(Number(value));
  if (tag === "bigint") return decodeBigint(String(value));
  if (tag === "bytes") return Uint8Array.from(atob(String(value)), (char) => char.charCodeAt(0));
  if (tag === "map") return new Map((value as [Json, Json][]).map(([key, item]) => [fromJson(key), fromJson(item)]));
  if (tag === "set") return new Set((value as Json[]).map(fromJson));
  return tag === "object" ? mapValues(value as { [key: string]: Json }) : undefined;
}

function mapValues(object: { [key: string]: Json }): Record<string, unknown> {
  const entries = Object.entries(object).filter(([key]) => !isReservedKey(key));
  return Object.fromEntries(entries.map(([key, value]) => [key, fromJson(value)]));
}

function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
