import type { AllowedValue, Column, ColumnType } from "./column.js";
import { UnmappableError } from "./unmappable-error.js";

/** How a column stores its values. */
export type Storage = Pick<Column, "type" | "values" | "list">;

/**
 * The column for all options of a union. Options of one type share that type's column, so a union of literals is stored
 * as an enum. Mixed types are stored as JSON, which preserves the type of each value.
 */
export function mergeStorage(options: readonly Storage[]): Storage | undefined {
  const [first, ...rest] = options;
  if (!first || rest.length === 0) return first;
  const types = new Set(options.map(({ type }) => type));
  const type = oneType(types);
  if (type === "json") return options.every(({ list }) => list) ? { type, list: true } : { type };
  if (!options.every(({ values }) => values)) return { type };
  return { type, values: [...new Set(options.flatMap(({ values }) => values ?? []))] };
}

/** The column of an enum or a literal. */
export function storageOfValues(values: readonly AllowedValue[]): Storage | undefined {
  if (values.length === 0) return undefined;
  for (const value of values) {
    if (typeof value === "string" && (value.includes("\0") || !value.isWellFormed())) throw new UnmappableError("nul");
    if (typeof value === "number" && !Number.isFinite(value)) throw new UnmappableError("nan");
  }
  const type = oneType(new Set(values.map(typeOfValue)));
  return type === "json" ? { type } : { type, values };
}

function typeOfValue(value: AllowedValue): ColumnType {
  if (typeof value === "string") return "text";
  if (typeof value === "number") return Number.isSafeInteger(value) ? "integer" : "real";
  return typeof value === "bigint" ? "bigint" : "boolean";
}

function oneType(types: ReadonlySet<ColumnType>): ColumnType {
  if (types.has("real") && [...types].every((type) => type === "real" || type === "integer")) return "real";
  const [only] = types;
  return types.size === 1 && only ? only : "json";
}
