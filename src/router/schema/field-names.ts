import { isReservedKey } from "../../shared/reserved-keys.js";

/** The columns that are added to every table. */
export const addedColumns = ["id", "createdAt", "updatedAt"] as const;

const IDENTIFIER = /^[A-Za-z][A-Za-z0-9_]{0,62}$/;

/** Whether a table or a field can have this name: a letter, then up to 62 letters, digits and `_`. */
export function isIdentifier(name: string): boolean {
  return IDENTIFIER.test(name);
}

/**
 * Checks the names of a table's fields. SQLite ignores the case of column names, so names must differ in more than
 * case.
 *
 * @throws Error that names the field and how to fix it
 */
export function checkFieldNames(names: readonly string[]): void {
  const taken = new Map<string, string>(addedColumns.map((name) => [name.toLowerCase(), name]));
  for (const name of names) {
    if (!isIdentifier(name)) {
      throw new Error(
        `The field ${JSON.stringify(name)} is not a valid column name. Begin with a letter, and use at most 63 letters, digits and "_".`,
      );
    }
    if (isReservedKey(name)) {
      throw new Error(
        `The field "${name}" cannot be sent to clients, because superjson rejects an object with this key. Rename the field.`,
      );
    }
    const other = taken.get(name.toLowerCase());
    if (other !== undefined) {
      throw new Error(
        (addedColumns as readonly string[]).includes(other)
          ? `The field "${name}" clashes with the column "${other}", which every table has. Rename or remove the field; the framework sets this column.`
          : `The fields "${other}" and "${name}" differ only in upper and lower case, which SQLite ignores. Rename one.`,
      );
    }
    taken.set(name.toLowerCase(), name);
  }
}

type Letter =
  | ("a" | "b" | "c" | "d" | "e" | "f" | "g" | "h" | "i" | "j" | "k" | "l" | "m")
  | ("n" | "o" | "p" | "q" | "r" | "s" | "t" | "u" | "v" | "w" | "x" | "y" | "z");
type Digit = "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9";

type IsTail<TText extends string> = TText extends `${infer TFirst}${infer TRest}`
  ? Lowercase<TFirst> extends Letter | Digit | "_"
    ? IsTail<TRest>
    : false
  : true;

type IsName<TText extends string> = TText extends `${infer TFirst}${infer TRest}`
  ? Lowercase<TFirst> extends Letter
    ? IsTail<TRest>
    : false
  : false;

type NotAName<TNames extends string> = TNames extends string ? (IsName<TNames> extends true ? never : TNames) : never;

type Clash<TNames extends string> = TNames extends string
  ? Lowercase<TNames> extends Lowercase<(typeof addedColumns)[number]>
    ? TNames
    : never
  : never;

type SameExceptCase<TNames extends string, TAll extends string = TNames> = TNames extends string
  ? Lowercase<TNames> extends Lowercase<Exclude<TAll, TNames>>
    ? TNames
    : never
  : never;

/** A compile-time error for the first rule that the names break, or `never`. */
export type FieldNameError<TNames extends string> = string extends TNames
  ? never
  : [Clash<TNames>] extends [never]
    ? [NotAName<TNames>] extends [never]
      ? [SameExceptCase<TNames>] extends [never]
        ? never
        : `Fields that differ only in upper and lower case: ${SameExceptCase<TNames>}`
      : `Not the name of a column: ${NotAName<TNames>}`
    : `Clashes with a column that every table has: ${Clash<TNames>}`;
