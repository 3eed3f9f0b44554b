/**
 * Creates a value when it is first used. An object that wakes for one call needs few of its services, and creating the others
 * takes a large part of the time of the wake.
 */
export function onFirstUse<TValue extends object>(create: () => TValue): () => TValue {
  let value: TValue | undefined;
  return () => (value ??= create());
}
