import type { Change } from "../shared/change.js";
import type { Page } from "../shared/page.js";
import type { AddedColumns } from "./create-row.js";

/** A row of a table. */
export type TableRow = object & { readonly id: string };

/** The values of a row that its table does not set by itself. */
export type Written<TRow> = Omit<TRow, Exclude<keyof AddedColumns, "id">>;

interface CallOptions {
  readonly context?: Record<string, unknown>;
  readonly signal?: AbortSignal;
}

/** A query procedure of a client that returns all rows, or a page of them. */
export interface ListProcedure<TRow extends TableRow, TInput> {
  query(input: TInput, options?: CallOptions): Promise<readonly TRow[] | Page<TRow>>;
}

/** A mutation procedure of a client. */
export interface WriteProcedure<TInput> {
  mutate(input: TInput, options?: CallOptions): Promise<unknown>;
}

/** One change, as a client receives it. */
export interface TrackedChange<TRow> {
  /** The position of the change in the log. */
  readonly id: string;
  readonly data: Change<TRow>;
}

/** The callbacks of a subscription. */
export interface ChangesHandlers<TRow> {
  readonly context: Record<string, unknown>;
  readonly onStarted: () => void;
  readonly onData: (change: TrackedChange<TRow>) => void;
  readonly onError: (error: Error) => void;
}

/** A subscription procedure of a client that yields the table's `changes()`. */
export interface ChangesProcedure<TRow extends TableRow, TInput> {
  subscribe(input: TInput, handlers: ChangesHandlers<TRow>): { unsubscribe(): void };
}

/** Returns the input of a call: what all calls of the collection have, and what this one adds. */
export function inputWith(base: unknown, added: object): object {
  return typeof base === "object" && base !== null ? { ...base, ...added } : added;
}

/** Reads all rows, page by page if the procedure returns pages. */
export async function readRows<TRow extends TableRow>(
  list: ListProcedure<TRow, never>,
  input: unknown,
  signal: AbortSignal,
): Promise<readonly TRow[]> {
  const rows: TRow[] = [];
  let cursor: string | null = null;
  do {
    const result: readonly TRow[] | Page<TRow> = await list.query(
      (cursor === null ? input : inputWith(input, { cursor })) as never,
      { signal },
    );
    if (!("items" in result)) return result;
    rows.push(...result.items);
    cursor = result.nextCursor;
  } while (cursor !== null);
  return rows;
}
