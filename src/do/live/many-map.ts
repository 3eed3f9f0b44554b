/** A map with several values under each key. */
export class ManyMap<TKey, TValue> {
  readonly #sets = new Map<TKey, Set<TValue>>();

  get(key: TKey): ReadonlySet<TValue> | undefined {
    return this.#sets.get(key);
  }

  keys(): Iterable<TKey> {
    return this.#sets.keys();
  }

  get size(): number {
    return this.#sets.size;
  }

  add(key: TKey, value: TValue): void {
    const set = this.#sets.get(key);
    if (set) set.add(value);
    else this.#sets.set(key, new Set([value]));
  }

  delete(key: TKey, value: TValue): void {
    const set = this.#sets.get(key);
    if (!set?.delete(value)) return;
    if (set.size === 0) this.#sets.delete(key);
  }
}
