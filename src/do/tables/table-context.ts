/** The dependencies of the tables of one call. */
export interface TableContext {
  readonly sql: SqlStorage;
  readonly transactionSync: <TResult>(work: () => TResult) => TResult;
  /** Called after each write with the number of changed rows. The transaction can still be rolled back. */
  readonly onWrite: (rows: number) => void;
  /**
   * Whether a new row can have a `createdAt` and an `updatedAt` of the caller.
   * @default false
   */
  readonly setsTimes?: boolean | undefined;
  readonly changes: (table: string, options: { readonly signal?: AbortSignal | undefined }) => AsyncIterable<unknown>;
}
