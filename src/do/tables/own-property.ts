/** Reads a property of a record. Inherited names such as `toString` count as missing. */
export function ownProperty<TValue>(record: Readonly<Record<string, TValue>>, name: string): TValue | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
