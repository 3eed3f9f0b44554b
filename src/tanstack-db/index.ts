/** TanStack DB collections of a table's rows. */
export { createRow } from "./create-row.js";
export { isRefused } from "./is-refused.js";
export { userdoCollectionOptions } from "./collection-options.js";
export type { AddedColumns } from "./create-row.js";
export type { CollectionSnapshot } from "./synced-rows.js";
export type { UserDOCollectionOptions, UserDOCollectionUtils } from "./collection-options.js";
