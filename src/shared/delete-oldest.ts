/** Deletes the oldest entry of a map that has more than `max`. A Map iterates in insertion order, so its first key is the oldest. */
export function deleteOldest(map: Map<string, unknown>, max: number): void {
  const [oldest] = map.size > max ? map.keys() : [];
  if (oldest !== undefined) map.delete(oldest);
}
