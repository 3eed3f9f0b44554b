/**
 * One row's net change, as `changes()` tells it.
 *
 * `reset` says that the gap cannot be told row by row (the cursor is too old, foreign or rolled back):
 * read the table again, then go on folding.
 */
export type Change<TRow> =
  | { readonly type: "create" | "update"; readonly id: string; readonly data: TRow }
  | { readonly type: "delete"; readonly id: string }
  | { readonly type: "reset" };
