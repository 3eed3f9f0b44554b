/**
 * Creates the key by which the server recognizes a mutation that is sent again. A page over plain http has no `randomUUID`, and
 * React Native has no `crypto`.
 */
export function createKey(): string {
  return globalThis.crypto?.randomUUID?.() ?? `${Math.random()}${Math.random()}`;
}

/** What a mutation sends beside its input. */
export interface Attempt {
  readonly idempotencyKey: unknown;
  /** Whether the mutation was sent before. */
  isRetry?: true;
}

/** An input that is sent together with its idempotency key. */
export class KeyedInput {
  // Without `declare`, the code that a page loads first would contain the fields twice.
  declare readonly input: unknown;
  declare readonly attempt: Attempt;

  constructor(input: unknown, attempt: Attempt) {
    this.input = input;
    this.attempt = attempt;
  }
}
