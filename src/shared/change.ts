/**
 * The net change of one row, as `changes()` yields it.
 *
 * `reset` means that the rows that changed since the cursor are unknown, because the cursor was pruned, or belongs to another
 * object or to a state that was rolled back. Read the table again, then apply the changes that follow.
 */
export type Change<TRow> =
  | { readonly type: "create" | "update"; readonly id: string; readonly data: TRow }
  | { readonly type: "delete"; readonly id: string }
  | { readonly type: "reset" };
