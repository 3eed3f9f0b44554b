/** A serialized input, and what its sender put beside superjson's `json` and `meta`. */
export interface Envelope {
  /** In superjson's format, not checked yet. */
  readonly input: unknown;
  /** Not checked yet; `undefined` if there is none. */
  readonly idempotencyKey: unknown;
  /** Whether the sender sent the call before, with the same key. */
  readonly isRetry: boolean;
}

/** Separates the idempotency key from a serialized input, because superjson does not know it. */
export function readEnvelope(payload: unknown): Envelope {
  if (typeof payload !== "object" || payload === null || !Object.hasOwn(payload, "idempotencyKey"))
    return { input: payload, idempotencyKey: undefined, isRetry: false };
  const { idempotencyKey, isRetry, ...input } = payload as Readonly<Record<string, unknown>>;
  return { input, idempotencyKey, isRetry: isRetry === true };
}
