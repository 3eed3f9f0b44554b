/** Which rows of a table a source tells of. Plain data: it is kept with the subscription while the object sleeps. */
export type RowFilter = { readonly id: string } | { readonly prefix: string };

/** Whether it lets a row through. None lets all. */
export function lets(filter: RowFilter | undefined, id: string): boolean {
  if (!filter) return true;
  return "id" in filter ? filter.id === id : id.startsWith(filter.prefix);
}
