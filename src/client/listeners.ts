/** Functions to call with each event of one kind. */
export interface Listeners<TEvent extends readonly unknown[]> {
  emit(...event: TEvent): void;
  /** Adds a listener. Returns the function that removes it. */
  listen(listener: (...event: TEvent) => void): () => void;
}

export function createListeners<TEvent extends readonly unknown[]>(): Listeners<TEvent> {
  const all = new Set<(...event: TEvent) => void>();
  return {
    emit(...event) {
      for (const listener of all) listener(...event);
    },
    listen(listener) {
      all.add(listener);
      return () => all.delete(listener);
    },
  };
}
