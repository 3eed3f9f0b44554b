import { toHex } from "../../../shared/hex.js";
import { toFraction } from "./exact-fraction.js";
import { MAX_VALUES, type SqlValue } from "../codec/sql-value.js";

/** The longest value, in characters of JSON, that is moved into a list. Longer values stay parameters. */
const MAX_ELEMENT_CHARACTERS = 10_000;
/** The longest list. A character takes at most 3 bytes, and SQLite accepts values of up to 2 MB. */
const MAX_LIST_CHARACTERS = 500_000;

export interface BoundStatement {
  readonly text: string;
  readonly values: readonly SqlValue[];
}

/** The position of a value in the lists, and how it is encoded there. */
interface ListPosition {
  readonly list: number;
  readonly index: number;
  readonly kind: "plain" | "fraction" | "bytes";
}

/**
 * Rewrites a statement with more values than a Durable Object can bind: as many of them as necessary are bound as
 * elements of one JSON list. Each `?` of the text stands for the next value; no quoted name contains one.
 */
export function bindValues(text: string, values: readonly SqlValue[]): BoundStatement {
  if (values.length <= MAX_VALUES) return { text, values };
  const lists: string[][] = [];
  const listed = new Map<number, ListPosition>();
  let characters = Infinity;
  // The last values first: those of cursors and conditions are short, while those that an update sets can be long.
  for (let position = values.length - 1; position >= 0; position--) {
    const kind = kindOf(values[position] ?? null);
    const json = JSON.stringify(toJson(values[position] ?? null, kind));
    if (json.length > MAX_ELEMENT_CHARACTERS) continue;
    if ((characters += json.length + 1) > MAX_LIST_CHARACTERS) {
      lists.push([]);
      characters = json.length + 1;
    }
    const list = lists.length - 1;
    listed.set(position, { list, index: (lists[list]?.push(json) ?? 0) - 1, kind });
  }
  const plain = values.filter((_, position) => !listed.has(position));
  const parts = text.split("?");
  let next = 0;
  const bound = parts.slice(1).map((part, position) => {
    const listPosition = listed.get(position);
    return `${listPosition ? toExpression(listPosition, plain.length) : `?${++next}`}${part}`;
  });
  return { text: [parts[0], ...bound].join(""), values: [...plain, ...lists.map((list) => `[${list.join()}]`)] };
}

function kindOf(value: SqlValue): ListPosition["kind"] {
  if (typeof value === "number") return Number.isSafeInteger(value) ? "plain" : "fraction";
  return typeof value === "object" && value !== null ? "bytes" : "plain";
}

function toJson(value: SqlValue, kind: ListPosition["kind"]): unknown {
  if (kind === "fraction") return toFraction(Number(value));
  return typeof value === "object" && value !== null ? toHex(value) : value;
}

function toExpression({ list, index, kind }: ListPosition, before: number): string {
  const at = (path: string): string => `json_extract(?${before + list + 1}, '$[${index}]${path}')`;
  if (kind === "fraction") return `(${at("[0]")} * pow(2.0, ${at("[1]")}))`;
  return kind === "bytes" ? `unhex(${at("")})` : at("");
}
