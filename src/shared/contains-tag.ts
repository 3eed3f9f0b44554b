/**
 * Whether a value has a tag that matches, such as `[object File]`, or contains such a value: in objects, arrays, Maps and Sets.
 * Subclasses have the tag of their base class.
 */
export function containsTag(value: unknown, pattern: RegExp): boolean {
  const seen = new Set([value]);
  // The loop also visits what is added to the set meanwhile.
  for (const each of seen) {
    if (typeof each !== "object" || !each || ArrayBuffer.isView(each)) continue;
    if (pattern.test(Object.prototype.toString.call(each))) return true;
    const parts = each instanceof Map || each instanceof Set ? [...each] : Object.values(each);
    for (const part of parts) seen.add(part);
  }
  return false;
}
