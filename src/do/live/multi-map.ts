/** Several values of one key. It has its own class, because a value may be a Set too. */
class Several<TValue> extends Set<TValue> {}

/** A map with several values under each key. A key with a single value does not need a Set. */
export class MultiMap<TKey, TValue extends object> {
  readonly #values = new Map<TKey, TValue | Several<TValue>>();

  get(key: TKey): ReadonlySet<TValue> | undefined {
    const known = this.#values.get(key);
    if (known === undefined || known instanceof Several) return known;
    return new Several([known]);
  }

  keys(): Iterable<TKey> {
    return this.#values.keys();
  }

  get size(): number {
    return this.#values.size;
  }

  add(key: TKey, value: TValue): void {
    const known = this.#values.get(key);
    if (known === undefined) this.#values.set(key, value);
    else if (known instanceof Several) known.add(value);
    else if (known !== value) this.#values.set(key, new Several([known, value]));
  }

  delete(key: TKey, value: TValue): void {
    const known = this.#values.get(key);
    if (known === value) this.#values.delete(key);
    if (!(known instanceof Several) || !known.delete(value)) return;
    if (known.size === 0) this.#values.delete(key);
  }
}
