import { types } from "node:util";
import superjson from "superjson";
import { isNestedPromise, resolveNested } from "../../router/resolve-nested.js";
import type { Reply } from "../../shared/call.js";
import { hasReservedKey } from "../../shared/reserved-keys.js";

/** How a call arrived. Over RPC, values cross as they are. A socket cannot set cookies. */
export type Transport = "rpc" | "socket";

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

/** Deepest value that is cloned. The bound of what clients send is far below. */
const MAX_DEPTH = 500;

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
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    // The runtime's clone would run out of stack, and fail all calls of the batch.
    if (depth > MAX_DEPTH) return false;
    const below: unknown[] = [];
    for (const next of level) {
      if (typeof next === "function" || typeof next === "symbol") return false;
      if (typeof next !== "object" || next === null || seen.has(next)) continue;
      seen.add(next);
      const parts = partsOf(next);
      if (!parts) return false;
      for (const part of parts) below.push(part);
    }
    level = below;
  }
  return true;
}

/** What a value holds; `undefined` for one that does not clone. */
function partsOf(value: object): Iterable<unknown> | undefined {
  // RPC would pass a proxy as a stub. superjson reads it.
  if (types.isProxy(value)) return undefined;
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

/**
 * A subclass of a typed array, such as Node's Buffer, arrives as its base class. An array of bigints arrives, and then nobody can
 * write it as JSON.
 */
function isBuiltinView(view: ArrayBufferView): boolean {
  if (view instanceof BigInt64Array || view instanceof BigUint64Array) return false;
  return Object.getPrototypeOf(Object.getPrototypeOf(Object.getPrototypeOf(view))) === Object.prototype;
}
