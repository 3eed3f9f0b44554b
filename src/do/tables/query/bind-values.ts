import { toHex } from "../../../shared/hex.js";
import { toFraction } from "./exact-fraction.js";
import { MAX_VALUES, type SqlValue } from "../codec/sql-value.js";

/** Longest value, in characters of JSON, that is moved into a list. Longer ones keep a parameter of their own. */
const MOST_CHARACTERS = 10_000;
/** Longest list. A character takes at most 3 bytes, and SQLite takes values of up to 2 MB. */
const LIST_CHARACTERS = 500_000;

export interface BoundStatement {
  readonly text: string;
  readonly values: readonly SqlValue[];
}

/** Where a value is in the lists, and the expression around its path. */
interface Place {
  readonly list: number;
  readonly index: number;
  readonly kind: "plain" | "fraction" | "bytes";
}

/**
 * Rewrites a statement with more values than a Durable Object can bind: as many of them as necessary are bound as elements
 * of one JSON list. Each `?` of the text stands for the next value; no quoted name contains one.
 */
export function bindValues(text: string, values: readonly SqlValue[]): BoundStatement {
  if (values.length <= MAX_VALUES) return { text, values };
  const lists: string[][] = [];
  const places = new Map<number, Place>();
  let characters = Infinity;
  // The last values first: a cursor's and a condition's are short, and what a row is set to may be long.
  for (let position = values.length - 1; position >= 0; position--) {
    const kind = kindOf(values[position] ?? null);
    const json = JSON.stringify(toJson(values[position] ?? null, kind));
    if (json.length > MOST_CHARACTERS) continue;
    if ((characters += json.length + 1) > LIST_CHARACTERS) {
      lists.push([]);
      characters = json.length + 1;
    }
    const list = lists.length - 1;
    places.set(position, { list, index: (lists[list]?.push(json) ?? 0) - 1, kind });
  }
  const plain = values.filter((_, position) => !places.has(position));
  const marks = text.split("?");
  let next = 0;
  const bound = marks.slice(1).map((part, position) => {
    const place = places.get(position);
    return `${place ? toExpression(place, plain.length) : `?${++next}`}${part}`;
  });
  return { text: [marks[0], ...bound].join(""), values: [...plain, ...lists.map((list) => `[${list.join()}]`)] };
}

function kindOf(value: SqlValue): Place["kind"] {
  if (typeof value === "number") return Number.isSafeInteger(value) ? "plain" : "fraction";
  return typeof value === "object" && value !== null ? "bytes" : "plain";
}

function toJson(value: SqlValue, kind: Place["kind"]): unknown {
  if (kind === "fraction") return toFraction(Number(value));
  return typeof value === "object" && value !== null ? toHex(value) : value;
}

function toExpression({ list, index, kind }: Place, before: number): string {
  const at = (path: string): string => `json_extract(?${before + list + 1}, '$[${index}]${path}')`;
  if (kind === "fraction") return `(${at("[0]")} * pow(2.0, ${at("[1]")}))`;
  return kind === "bytes" ? `unhex(${at("")})` : at("");
}
