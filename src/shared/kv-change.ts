/**
 * What came of one key, as `kv.watch` tells it. `version` is what `ifVersion` takes.
 *
 * `reset` says that the gap cannot be told key by key (the cursor is too old, foreign or rolled back): read the
 * keys again, then go on.
 */
export type KvChange<TValue = unknown> =
  | { readonly type: "set"; readonly key: string; readonly value: TValue; readonly version: number }
  | { readonly type: "delete"; readonly key: string }
  | { readonly type: "reset" };
