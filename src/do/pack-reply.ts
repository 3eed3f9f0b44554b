import superjson from "superjson";
import { isNestedPromise, resolveNested } from "../router/resolve-nested.js";
import type { Reply } from "../shared/call.js";
import { hasReservedKey } from "../shared/reserved-keys.js";
import type { Transport } from "./entry.js";

/**
 * Packs what a procedure returned for its way to the caller. Over RPC it crosses as it is, by structured clone;
 * what would not survive that (a URL, an instance of a class, an object without prototype) goes as superjson's text,
 * as on a socket: superjson itself leaves instances and functions in what it makes, for JSON to write or drop.
 *
 * Nested promises are awaited first.
 *
 * @throws Error for a value that superjson refuses. Thrown here, it fails this call and not the others of its batch.
 */
export function packReply(data: unknown, transport: Transport): Packed | Promise<Packed> {
  if (transport === "rpc" && isCloneable(data)) return { ok: true, data };
  const resolved = resolveNested(data);
  return isNestedPromise(resolved) ? resolved.then((value) => pack(value, transport)) : pack(resolved, transport);
}

type Packed = Extract<Reply, { ok: true }>;

function pack(data: unknown, transport: Transport): Packed {
  if (transport === "socket" || isCloneable(data)) return { ok: true, data };
  return { ok: true, data: superjson.stringify(data), encoding: "superjson" };
}

/**
 * Whether a value arrives by structured clone as it left. Looks instead of trying: a trial clone would copy
 * every reply, and a function would cross as a live stub into the object.
 */
export function isCloneable(value: unknown): boolean {
  const seen = new Set<object>();
  const open: unknown[] = [value];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next === "function" || typeof next === "symbol") return false;
    if (typeof next !== "object" || next === null || seen.has(next)) continue;
    seen.add(next);
    const parts = partsOf(next);
    if (!parts) return false;
    for (const part of parts) open.push(part);
  }
  return true;
}

/** What a value holds; `undefined` for one that does not clone. */
function partsOf(value: object): Iterable<unknown> | undefined {
  if (Array.isArray(value)) return value as unknown[];
  if (value instanceof Map) return Array.from(value as Map<unknown, unknown>).flat();
  if (value instanceof Set) return value as Set<unknown>;
  if (isPlain(value)) return hasReservedKey(value) ? undefined : Object.values(value);
  return isLeaf(value) ? [] : undefined;
}

function isPlain(value: object): boolean {
  return Object.getPrototypeOf(value) === Object.prototype;
}

function isLeaf(value: object): boolean {
  return value instanceof Date || value instanceof ArrayBuffer || (ArrayBuffer.isView(value) && isBuiltinView(value));
}

/** A subclass of a typed array, such as Node's Buffer, arrives as its base class. */
function isBuiltinView(view: ArrayBufferView): boolean {
  return Object.getPrototypeOf(Object.getPrototypeOf(Object.getPrototypeOf(view))) === Object.prototype;
}
