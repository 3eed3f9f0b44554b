/** What the tables of one call work with. */
export interface TableContext {
  readonly sql: SqlStorage;
  readonly transactionSync: <TResult>(work: () => TResult) => TResult;
  /** Called after each write, with how many rows it changed. It may be rolled back yet: look, do not trust. */
  readonly onWrite: (rows: number) => void;
  readonly changes: (table: string, options: { readonly signal?: AbortSignal | undefined }) => AsyncIterable<unknown>;
}
