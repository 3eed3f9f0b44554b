import { checkAnnotations } from "./annotations.js";
import { metaMismatch, WireError } from "./wire-error.js";
import { copyJson } from "./copy-json.js";
import { checkReferences } from "./references.js";

/** A value in superjson's format that can be deserialized in place, because it is a copy. */
export interface WireValue {
  readonly json: unknown;
  readonly meta?: { readonly values: unknown; readonly v?: 1 };
}

/**
 * Checks a serialized input before superjson reads it. Without the check, a body of a few bytes can make superjson allocate
 * gigabytes, compile a regular expression or overflow the stack.
 *
 * Besides JSON, it accepts Date, bigint, Map, Set, undefined, NaN, the infinities, `-0` and Uint8Array.
 *
 * @see https://github.com/flightcontrolhq/superjson
 * @throws WireError
 */
export function checkWireValue(payload: unknown): WireValue {
  const { json: raw, meta } = readKeys(payload, ["json", "meta"]);
  if (raw === undefined) throw notSuperjson();
  const json = copyJson(raw);
  if (meta === undefined) return { json };

  const { values, referentialEqualities, v } = readKeys(meta, ["values", "referentialEqualities", "v"]);
  if (v !== undefined && v !== 1) throw metaMismatch();
  const isLegacy = v === undefined;
  if (referentialEqualities !== undefined) checkReferences(json, referentialEqualities, isLegacy);
  if (values === undefined) return { json };
  checkAnnotations(json, values, isLegacy);
  return { json, meta: isLegacy ? { values } : { values, v } };
}

function readKeys<TKey extends string>(value: unknown, allowed: readonly TKey[]): { readonly [K in TKey]?: unknown } {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw notSuperjson();
  if (!Object.keys(value).every((key) => (allowed as readonly string[]).includes(key))) throw notSuperjson();
  return value as { readonly [K in TKey]?: unknown };
}

function notSuperjson(): WireError {
  return new WireError(
    "The input is not in superjson's format: { \"json\": … }. Set `transformer: superjson` in the client's link.",
  );
}
