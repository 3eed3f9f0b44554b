/** The dependencies of the tables of one call. */
export interface TableContext {
  readonly sql: SqlStorage;
  readonly transactionSync: <TResult>(work: () => TResult) => TResult;
  /** Called after each write with the number of changed rows. The transaction can still be rolled back. */
  readonly onWrite: (rows: number) => void;
  readonly changes: (table: string, options: { readonly signal?: AbortSignal | undefined }) => AsyncIterable<unknown>;
}
