/**
 * Creates the key by which the server recognizes a mutation that is sent again. A page over plain http has no `randomUUID`, and
 * React Native has no `crypto`.
 */
export function createKey(): string {
  return globalThis.crypto?.randomUUID?.() ?? `${Math.random()}${Math.random()}`;
}

/** An input that is sent together with its idempotency key. */
export class KeyedInput {
  readonly input: unknown;
  readonly idempotencyKey: unknown;

  constructor(input: unknown, idempotencyKey: unknown) {
    this.input = input;
    this.idempotencyKey = idempotencyKey;
  }
}
