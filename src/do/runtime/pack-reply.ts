import { types } from "node:util";
import superjson, { type SuperJSONResult } from "superjson";
import { isNestedPromise, resolveNested } from "../../router/resolve-nested.js";
import { serializePlain } from "../../router/serialize-plain.js";
import type { Reply } from "../../shared/call.js";
import { hasReservedKey } from "../../shared/reserved-keys.js";

/** How a call arrived. RPC passes values by structured clone. A socket cannot set cookies. */
export type Transport = "rpc" | "socket";

/**
 * Packs the result of a procedure for the caller. RPC passes it by structured clone. A value that would not survive that,
 * such as a URL or an instance of a class, is sent as superjson's text, as on a socket. Nested promises are awaited first.
 *
 * @param wantsText whether the caller writes the result into a response, and accepts it as the text of that response
 * @throws Error for a value that superjson cannot serialize. Thrown here, it fails only this call of the batch
 */
export function packReply(data: unknown, transport: Transport, wantsText = false): Packed | Promise<Packed> {
  const plain = wantsText || transport === "socket" ? serializePlain(data) : undefined;
  if (plain) return packText(plain);
  if (transport === "rpc" && isCloneable(data)) return packCloneable(data, wantsText);
  const resolved = resolveNested(data);
  return isNestedPromise(resolved)
    ? resolved.then((value) => pack(value, transport, wantsText))
    : pack(resolved, transport, wantsText);
}

/** Maximum depth of a value that is cloned. Inputs of clients have a much lower limit. */
const MAX_DEPTH = 500;

type Packed = Extract<Reply, { ok: true }>;

function pack(data: unknown, transport: Transport, wantsText: boolean): Packed {
  if (transport === "socket") return { ok: true, data };
  if (isCloneable(data)) return packCloneable(data, wantsText);
  return { ok: true, data: superjson.stringify(data), encoding: "superjson" };
}

function packCloneable(data: unknown, wantsText: boolean): Packed {
  return wantsText ? packText(superjson.serialize(data)) : { ok: true, data };
}

/** The client parses this text, so the Worker does not need to know the value. */
function packText(serialized: SuperJSONResult): Packed {
  return { ok: true, data: JSON.stringify(serialized), encoding: "json" };
}

/**
 * Whether structured clone preserves a value. Inspects the value instead of cloning it, because a clone would copy every
 * reply, and RPC would pass a function as a stub of the object.
 */
export function isCloneable(value: unknown): boolean {
  const seen = new Set<object>();
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    // The runtime's clone would overflow the stack, and fail all calls of the batch.
    if (depth > MAX_DEPTH) return false;
    const below: unknown[] = [];
    for (const next of level) {
      if (typeof next === "function" || typeof next === "symbol") return false;
      if (typeof next !== "object" || next === null || seen.has(next)) continue;
      seen.add(next);
      const children = childrenOf(next);
      if (!children) return false;
      for (const child of children) below.push(child);
    }
    level = below;
  }
  return true;
}

/** Returns the values inside a value; `undefined` if it cannot be cloned. */
function childrenOf(value: object): Iterable<unknown> | undefined {
  // RPC would pass a Proxy as a stub. superjson reads its properties.
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
 * Excludes subclasses of typed arrays, such as Node's Buffer, which arrive as their base class, and arrays of bigints, which
 * the Worker cannot write as JSON.
 */
function isBuiltinView(view: ArrayBufferView): boolean {
  if (view instanceof BigInt64Array || view instanceof BigUint64Array) return false;
  return Object.getPrototypeOf(Object.getPrototypeOf(Object.getPrototypeOf(view))) === Object.prototype;
}
