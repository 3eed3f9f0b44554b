/** A serialized input, and the idempotency key that its sender put beside superjson's `json` and `meta`. */
export interface Envelope {
  /** In superjson's format, not checked yet. */
  readonly input: unknown;
  /** Not checked yet; `undefined` if there is none. */
  readonly idempotencyKey: unknown;
}

/** Separates the idempotency key from a serialized input, because superjson does not know it. */
export function readEnvelope(payload: unknown): Envelope {
  if (typeof payload !== "object" || payload === null || !Object.hasOwn(payload, "idempotencyKey"))
    return { input: payload, idempotencyKey: undefined };
  const { idempotencyKey, ...input } = payload as { readonly idempotencyKey: unknown };
  return { input, idempotencyKey };
}
