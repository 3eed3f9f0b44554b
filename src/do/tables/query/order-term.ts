import type { Column } from "../../../router/schema/column.js";

/** A column that rows are sorted by. */
export interface OrderTerm {
  readonly column: Column;
  readonly direction: "asc" | "desc";
}
