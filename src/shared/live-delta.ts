/** superjson's annotations of a value, by path. */
export type Annotations = Readonly<Record<string, unknown>>;

/** A part of a result, serialized by itself. */
export interface SerializedPart {
  readonly json: unknown;
  /** @default the part has no annotations */
  readonly meta?: Annotations | undefined;
}

/** The changed fields of a row. */
export interface RowUpdate {
  /** The new fields, and those with another value. */
  readonly set: Readonly<Record<string, unknown>>;
  /** @default no field was removed */
  readonly remove?: readonly string[];
  /**
   * The annotations of the whole row; `null` if it has none any more.
   * @default they are the same as before
   */
  readonly meta?: Annotations | null;
}

/**
 * The changes of a live query's result against an earlier result that the client has. The result is a list of rows, or an object with
 * such a list. Rows are identified by their position in the earlier list.
 */
export interface LiveDelta {
  /** The hash of the earlier result. */
  readonly base: string;
  /**
   * The property of the result that is the list.
   * @default the result itself is the list
   */
  readonly key?: string;
  /**
   * The result with `null` in place of the list.
   * @default the other properties have not changed
   */
  readonly rest?: SerializedPart;
  /** The changed rows: their changed fields, or all of them. */
  readonly update?: readonly ({ readonly at: number } & (RowUpdate | SerializedPart))[];
  /** The new rows. They are numbered on from the last row of the earlier list. */
  readonly insert?: readonly SerializedPart[];
  /**
   * The new list, as runs of consecutive rows.
   * @default all rows, in their earlier order
   */
  readonly order?: readonly (readonly [first: number, count: number])[];
}
