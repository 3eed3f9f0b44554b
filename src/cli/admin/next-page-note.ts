import type { Page } from "../../shared/page.js";

/** How to get the next page; `undefined` on the last one. */
export function nextPageNote({ nextCursor }: Page<unknown>): string | undefined {
  return nextCursor === null ? undefined : `There are more. Show them with --cursor='${nextCursor}'.`;
}
