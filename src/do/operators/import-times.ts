/** Reads a time of a file. A value that is not a time stays as it is, so that a check of it fails. */
export function toTime(value: unknown): unknown {
  if (typeof value !== "string") return value ?? undefined;
  const time = new Date(value);
  return Number.isNaN(time.getTime()) || !/^\d{4}-\d\d-\d\d/.test(value) ? value : time;
}
