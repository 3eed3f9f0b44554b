import type { Annotations } from "../shared/live-delta.js";

interface Serializer {
  serialize(value: unknown): { readonly json: unknown; readonly meta?: unknown };
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Whether a row is still as it was received. A page that changes a row gets a new one with the next delta, as it would with a whole
 * result.
 *
 * @param serialized the row as it was received
 */
export function isIntact(
  row: unknown,
  { json, meta = {} }: { readonly json: Fields; readonly meta: Annotations | undefined },
  { serialize }: Serializer,
): boolean {
  if (typeof row !== "object" || row === null) return false;
  const hasOnlyDates = Object.entries(meta).every(([field, type]) => Object.hasOwn(json, field) && isDateType(type));
  if (!hasOnlyDates) return JSON.stringify(serialize(row)) === JSON.stringify(withMeta(json, meta));
  const fields = row as Fields;
  return (
    hasSameKeys(fields, json) &&
    Object.keys(json).every((field) =>
      Object.hasOwn(meta, field) ? isDate(fields[field], json[field]) : isSameJson(fields[field], json[field]),
    )
  );
}

const isDateType = (type: unknown): boolean => Array.isArray(type) && type.length === 1 && type[0] === "Date";

const withMeta = (json: Fields, values: Annotations): object => ({ json, meta: { values, v: 1 } });

const isDate = (value: unknown, text: unknown): boolean => value instanceof Date && value.toJSON() === text;

function hasSameKeys(one: object, other: object): boolean {
  const keys = Object.keys(other);
  return Object.keys(one).length === keys.length && keys.every((key) => Object.hasOwn(one, key));
}

function isSameJson(value: unknown, json: unknown): boolean {
  if (typeof json !== "object" || json === null) return Object.is(value, json);
  if (typeof value !== "object" || value === null || Array.isArray(value) !== Array.isArray(json)) return false;
  return (
    hasSameKeys(value, json) && Object.entries(json).every(([key, item]) => isSameJson((value as Fields)[key], item))
  );
}
