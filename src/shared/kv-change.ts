/**
 * The net change of one key, as `kv.watch` yields it. `version` can be passed as `ifVersion`.
 *
 * `reset` means that the keys that changed since the cursor are unknown, because the cursor was pruned, or belongs to another
 * object or to a state that was rolled back. Read the keys again, then apply the changes that follow.
 */
export type KvChange<TValue = unknown> =
  | { readonly type: "set"; readonly key: string; readonly value: TValue; readonly version: number }
  | { readonly type: "delete"; readonly key: string }
  | { readonly type: "reset" };
