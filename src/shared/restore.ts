/** The state that an object is restored to: the one at a time, in milliseconds since the epoch, or at a bookmark. */
export type RestorePoint = { readonly at: number } | { readonly bookmark: string };

/** The reply of an object that is ready to be restored. */
export interface PreparedRestore {
  /** The bookmark of the state that the object is restored to. */
  readonly bookmark: string;
  readonly undoBookmark: string;
  /** The state that the restore must not change, as text that only the object reads. */
  readonly carried: string;
  /** The hash by which the object recognizes that this state has not changed since. */
  readonly carriedHash: string;
}
