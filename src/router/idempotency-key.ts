import { invalidKeyMessage, isIdempotencyKey } from "../shared/idempotency-key.js";
import { ReasonedError } from "./reasoned-error.js";

/**
 * Checks the idempotency key of a call.
 *
 * @throws ReasonedError BAD_REQUEST (IDEMPOTENCY_KEY_INVALID) for a key that is not valid, and for one on a query or subscription
 */
export function checkIdempotencyKey(key: unknown, type: string): string | undefined {
  if (key === undefined) return undefined;
  if (type !== "mutation")
    throw invalidKey(`Only mutations can have an idempotency key, and this is a ${type}. Remove \`idempotencyKey\`.`);
  if (isIdempotencyKey(key)) return key;
  throw invalidKey(invalidKeyMessage);
}

export function invalidKey(message: string): ReasonedError {
  return new ReasonedError({ code: "BAD_REQUEST", reason: "IDEMPOTENCY_KEY_INVALID", message });
}
