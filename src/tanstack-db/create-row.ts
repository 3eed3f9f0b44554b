import { v7 as uuidv7 } from "uuid";

/** The columns that a table adds to the fields of its rows. */
export interface AddedColumns {
  readonly id: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/**
 * Creates a row to insert into a collection, with a new id. The server stores the row with this id, and replaces the dates.
 *
 * @example
 * ```ts
 * tasks.insert(createRow({ title: "Write it down", done: false }));
 * ```
 */
export function createRow<TFields extends object>(fields: TFields): TFields & AddedColumns {
  const now = new Date();
  return { ...fields, id: uuidv7(), createdAt: now, updatedAt: now };
}
