/**
 * Returns a function that creates the value at its first call. An object that wakes for one call needs few of its components, and
 * creating the others takes a large part of the time of the wake.
 */
export function lazy<TValue extends object>(create: () => TValue): () => TValue {
  return lazyWithPeek(create).get;
}

/** Like `lazy`, with a second function that returns the value only if it was created before. */
export function lazyWithPeek<TValue extends object>(create: () => TValue) {
  let value: TValue | undefined;
  return {
    get: (): TValue => (value ??= create()),
    peek: (): TValue | undefined => value,
  };
}
