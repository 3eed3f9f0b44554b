import { isReservedKey } from "../../shared/reserved-keys.js";

/** The columns that every table has, whatever its zod object says. */
export const addedColumns = ["id", "createdAt", "updatedAt"] as const;

const IDENTIFIER = /^[A-Za-z][A-Za-z0-9_]{0,62}$/;

/** Whether a table or a field may be called so: letters, digits and `_`, a letter first. */
export function isIdentifier(name: string): boolean {
  return IDENTIFIER.test(name);
}

/**
 * Checks the names of a table's fields. SQLite does not tell upper from lower case, so neither may they.
 *
 * @throws Error that names the field and says what to do
 */
export function checkFieldNames(names: readonly string[]): void {
  const taken = new Map<string, string>(addedColumns.map((name) => [name.toLowerCase(), name]));
  for (const name of names) {
    if (!isIdentifier(name)) {
      throw new Error(
        `The field ${JSON.stringify(name)} cannot be a column: use letters, digits and "_", a letter first, 63 at most.`,
      );
    }
    if (isReservedKey(name)) {
      throw new Error(
        `The field "${name}" cannot be sent to clients: superjson refuses an object with that key. Rename it.`,
      );
    }
    const other = taken.get(name.toLowerCase());
    if (other !== undefined) {
      throw new Error(
        (addedColumns as readonly string[]).includes(other)
          ? `The field "${name}" clashes with the column "${other}", which every table has. Rename the field, or drop it: the framework fills it.`
          : `The fields "${other}" and "${name}" differ in upper and lower case only, which SQLite does not tell apart. Rename one.`,
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

type SameBut<TNames extends string, TAll extends string = TNames> = TNames extends string
  ? Lowercase<TNames> extends Lowercase<Exclude<TAll, TNames>>
    ? TNames
    : never
  : never;

/** The complaint about the first rule that some names break, or `never`. */
export type FieldNameError<TNames extends string> = string extends TNames
  ? never
  : [Clash<TNames>] extends [never]
    ? [NotAName<TNames>] extends [never]
      ? [SameBut<TNames>] extends [never]
        ? never
        : `Fields that differ in upper and lower case only: ${SameBut<TNames>}`
      : `Not the name of a column: ${NotAName<TNames>}`
    : `Clashes with a column that every table has: ${Clash<TNames>}`;
