/**
 * Whether a value, or a value inside it, has a matching tag such as `[object File]`. Searches objects, arrays, Maps and Sets.
 * Subclasses have the tag of their base class.
 */
export function containsTag(value: unknown, pattern: RegExp): boolean {
  const seen = new Set([value]);
  // The loop also visits values that are added to the set while it runs.
  for (const each of seen) {
    if (typeof each !== "object" || !each || ArrayBuffer.isView(each)) continue;
    if (pattern.test(Object.prototype.toString.call(each))) return true;
    const parts = each instanceof Map || each instanceof Set ? [...each] : Object.values(each);
    for (const part of parts) seen.add(part);
  }
  return false;
}
