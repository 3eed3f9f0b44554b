import { limits } from "../../../shared/limits.js";
import { isReservedKey } from "../../../shared/reserved-keys.js";
import { decodeBigint, encodeBigint } from "./bigint-codec.js";
import { ValueError } from "./value-error.js";

/** The key that marks what JSON has no notation for: `{ "$": "date", "value": 0 }`. */
const MARK = "$";

/** Also matches some texts without such a key, which are then decoded the longer way. */
const MAY_HOLD_RESERVED_KEY = /"(?:constructor|prototype)":/;

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/**
 * Encodes a value as JSON text. Dates, bigints, bytes, Maps, Sets, and `undefined` in them or an array are marked;
 * plain JSON stays as it is. The keys of objects are sorted, so that equal values have equal texts and can be compared
 * in SQL.
 *
 * @throws ValueError for what cannot be read back: a class, a function, NaN, half a surrogate pair, a cycle, or a key
 * that superjson refuses to send
 */
export function encodeJson(value: unknown): string {
  return JSON.stringify(toJson(value, { left: limits.jsonNodes }, 0));
}

/**
 * Reads it back. An earlier version stored the keys "constructor" and "prototype", which superjson refuses to send: they
 * are left out, so that the rest of the value can be read.
 */
export function decodeJson(text: string): unknown {
  const json = JSON.parse(text) as Json;
  return text.includes(`"${MARK}":`) || MAY_HOLD_RESERVED_KEY.test(text) ? fromJson(json) : json;
}

function toJson(value: unknown, budget: { left: number }, depth: number): Json {
  if (depth > limits.jsonDepth) throw new ValueError(`is nested deeper than ${limits.jsonDepth} levels.`);
  if (--budget.left < 0) throw new ValueError(`has more than ${limits.jsonNodes} values.`, "PAYLOAD_TOO_LARGE");
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "string") return wellFormed(value);
  if (typeof value === "number") return finite(value);
  if (typeof value === "bigint") return { [MARK]: "bigint", value: encodeBigint(value) };
  if (value === undefined) return { [MARK]: "undefined" };
  if (Array.isArray(value)) return listToJson(value, budget, depth);
  if (value instanceof Date) return { [MARK]: "date", value: finite(value.getTime()) };
  if (value instanceof Uint8Array) return { [MARK]: "bytes", value: toBase64(value) };
  if (value instanceof Map) return { [MARK]: "map", value: listToJson([...value], budget, depth) };
  if (value instanceof Set) return { [MARK]: "set", value: listToJson([...value], budget, depth) };
  if (typeof value !== "object" || !isPlain(value)) throw new ValueError("holds a value that cannot be stored.");
  const object = objectToJson(value, budget, depth);
  return Object.hasOwn(object, MARK) ? { [MARK]: "object", value: object } : object;
}

function listToJson(list: readonly unknown[], budget: { left: number }, depth: number): Json[] {
  // Before looking at it: an array can claim a length that it does not have.
  if (list.length > budget.left) {
    const code = hasHole(list, budget.left) ? "BAD_REQUEST" : "PAYLOAD_TOO_LARGE";
    throw new ValueError(`has more than ${limits.jsonNodes} values.`, code);
  }
  return Array.from(list, (item) => toJson(item, budget, depth + 1));
}

/** Whether one of the first items is missing. */
function hasHole(list: readonly unknown[], count: number): boolean {
  for (let index = 0; index < count; index++) if (!(index in list)) return true;
  return false;
}

function objectToJson(value: object, budget: { left: number }, depth: number): { [key: string]: Json } {
  const object: { [key: string]: Json } = {};
  for (const [key, item] of Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))) {
    if (isReservedKey(key)) throw new ValueError(`has a key "${key}". Rename the key.`);
    if (item !== undefined) object[wellFormed(key)] = toJson(item, budget, depth + 1);
  }
  return object;
}

function isPlain(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

function wellFormed(text: string): string {
  if (!text.isWellFormed()) throw new ValueError("holds half of a surrogate pair, which is no text.");
  return text;
}

function finite(value: number): number {
  if (!Number.isFinite(value)) throw new ValueError("holds a number that is not finite, or an invalid date.");
  return value;
}

function fromJson(json: Json): unknown {
  if (typeof json !== "object" || json === null) return json;
  if (Array.isArray(json)) return json.map(fromJson);
  const mark = json[MARK];
  if (mark === undefined) return mapValues(json);
  const { value } = json;
  if (mark === "date") return new Date(Number(value));
  if (mark === "bigint") return decodeBigint(String(value));
  if (mark === "bytes") return Uint8Array.from(atob(String(value)), (char) => char.charCodeAt(0));
  if (mark === "map") return new Map((value as [Json, Json][]).map(([key, item]) => [fromJson(key), fromJson(item)]));
  if (mark === "set") return new Set((value as Json[]).map(fromJson));
  return mark === "object" ? mapValues(value as { [key: string]: Json }) : undefined;
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
