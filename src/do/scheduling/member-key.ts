import type { Caller } from "../../shared/caller.js";

/** Names the member whom work is counted for: all sessions of a user are one member. */
export function memberKey(caller: Caller): string {
  return caller.type === "user" ? caller.userId : `(${caller.type})`;
}
