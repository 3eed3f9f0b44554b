/** Reads a record by a name that may also be the name of a method that every object has, such as `toString`. */
export function ownProperty<TValue>(record: Readonly<Record<string, TValue>>, name: string): TValue | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
