/** The header with the key of a single call over HTTP. */
export const IDEMPOTENCY_HEADER = "Idempotency-Key";

/** 1 to 255 visible ASCII characters. */
const KEY = /^[!-~]{1,255}$/;

/** Whether a value can identify a mutation and its repeats. */
export function isIdempotencyKey(value: unknown): value is string {
  return typeof value === "string" && KEY.test(value);
}

export const invalidKeyMessage =
  "The idempotency key is not valid. Send 1 to 255 visible ASCII characters, such as crypto.randomUUID().";
