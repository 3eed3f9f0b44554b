import type { Caller } from "../../shared/caller.js";

/** Returns the key under which the work of a caller is counted. All sessions of a user share one key. */
export function memberKey(caller: Caller): string {
  return caller.type === "user" ? caller.userId : `(${caller.type})`;
}
