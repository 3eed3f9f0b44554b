import { type RawBuilder, sql } from "kysely";
import type { ColumnType } from "../../../router/schema/column.js";
import { toHex } from "../../../shared/hex.js";
import { toFraction } from "./exact-fraction.js";
import type { SqlValue } from "../codec/sql-value.js";

/**
 * The most characters of JSON in one bound value. Each takes at most 3 bytes, and SQLite accepts values of up to 2 MB.
 */
const MAX_CHARACTERS = 500_000;

/**
 * Whether a column has one of the values. The list is bound as JSON text and so counts as one value of the statement. A
 * list of more than 500,000 characters is bound in several parts.
 *
 * @param values encoded for the column, none of them NULL
 */
export function inListSql(
  name: RawBuilder<unknown>,
  type: ColumnType,
  values: readonly SqlValue[],
): RawBuilder<boolean> {
  const parts = toParts(values.map((value) => JSON.stringify(toJson(type, value))));
  const conditions = parts.map((json) => sql<boolean>`${name} in (select ${element(type)} from json_each(${json}))`);
  const [first = sql<boolean>`0`] = conditions;
  return conditions.length <= 1 ? first : sql<boolean>`(${sql.join(conditions, sql` or `)})`;
}

function toParts(items: readonly string[]): string[] {
  const parts: string[][] = [];
  let characters = Infinity;
  for (const item of items) {
    characters += item.length + 1;
    if (characters > MAX_CHARACTERS) {
      parts.push([]);
      characters = item.length;
    }
    parts.at(-1)?.push(item);
  }
  return parts.map((part) => `[${part.join()}]`);
}

/** Returns JSON that SQLite parses exactly. It parses some fractions inexactly, and JSON cannot express bytes. */
function toJson(type: ColumnType, value: SqlValue): unknown {
  if (type === "real") return toFraction(Number(value));
  return typeof value === "object" && value !== null ? toHex(value) : value;
}

/** The SQL that decodes an element of the list. */
function element(type: ColumnType): RawBuilder<unknown> {
  if (type === "real") return sql`json_extract(value, '$[0]') * pow(2.0, json_extract(value, '$[1]'))`;
  return type === "bytes" ? sql`unhex(value)` : sql`value`;
}
