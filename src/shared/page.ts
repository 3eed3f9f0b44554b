/** A page of a list. */
export interface Page<TItem> {
  readonly items: TItem[];
  /** The `cursor` of the next page: opaque text. `null` on the last page. */
  readonly nextCursor: string | null;
}
