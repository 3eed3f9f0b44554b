import type { StreamCursor } from "./stream-cursor.js";

export interface InputCandidatesOptions {
  /** Whether the client adds `organizationId` to the app's own input. */
  readonly hasOrganizationId: boolean;
  /** Where a subscription resumes. `undefined` if the call is not a subscription. */
  readonly cursor: StreamCursor | undefined;
  /** Whether the schema declares a key. */
  readonly declares: (key: "organizationId" | "lastEventId") => boolean;
}

/**
 * Returns the possible original inputs of a call for one schema of the app, the most likely first.
 *
 * A client adds keys to the app's input: `organizationId`, and for a subscription that resumes over SSE or with `retryLink` also
 * `lastEventId`. They are removed unless the schema declares them. There can be several candidates, because an input without
 * other keys could have been an empty object, an empty array or absent.
 */
export function inputCandidates(raw: unknown, options: InputCandidatesOptions): readonly unknown[] {
  const { hasOrganizationId, cursor, declares } = options;
  const sent = isPlainObject(raw) ? raw["lastEventId"] : undefined;
  const hasCursor = cursor !== undefined && typeof sent === "string";
  const withoutCursor = hasCursor ? withoutKey(raw, "lastEventId") : raw;
  const removesId = hasOrganizationId && !declares("organizationId");
  const own = removesId ? withoutKey(withoutCursor, "organizationId") : withoutCursor;
  const candidates = hasCursor || removesId ? originals(own, removesId) : [own];

  const lastEventId = cursor?.lastEventId ?? (hasCursor ? sent : undefined);
  const canMerge = own === undefined || own === null || isPlainObject(own);
  if (lastEventId === undefined || !canMerge || !declares("lastEventId")) return candidates;
  return [{ ...own, lastEventId }, ...candidates];
}

/** The inputs to which the client could have added its keys. */
function originals(own: unknown, hadOrganizationId: boolean): readonly unknown[] {
  if (!isPlainObject(own)) return [own];
  const keys = Object.keys(own);
  // tRPC's client also spreads arrays into objects.
  const array = keys.every((key, index) => key === String(index)) ? [Object.values(own)] : [];
  if (keys.length > 0) return [own, ...array];
  // An organization's input always is an object. A subscription's input was usually absent if there is only a cursor.
  return hadOrganizationId ? [own, undefined] : [undefined, own, ...array];
}

function withoutKey(input: unknown, key: string): unknown {
  if (!isPlainObject(input) || !Object.hasOwn(input, key)) return input;
  const { [key]: _removed, ...rest } = input;
  return rest;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
