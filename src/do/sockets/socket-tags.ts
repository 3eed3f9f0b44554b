import { fnv1a } from "./wake-keys.js";
import type { Caller } from "../../shared/caller.js";
import type { SocketLimits } from "../connections/socket-limits.js";

/** The tag of all sockets that a user opened. */
export function userTag(userId: string): string {
  return `user:${userId}`;
}

/** The tag of all sockets that a session opened. */
export function sessionTag(sessionId: string): string {
  return `session:${sessionId}`;
}

const WAKE = "wake:";

/** The tag of a socket with a number in the wake index. Two sockets may have the same number, and are then restored together. */
export function wakeTag(number: number): string {
  return `${WAKE}${number}`;
}

/** Derives the number of a socket in the wake index from the key of its attachment. */
export function wakeNumber(key: string): number {
  return fnv1a(key);
}

/** Returns the number of a socket in the wake index; `undefined` if an earlier version accepted it. */
export function wakeNumberIn(tags: readonly string[]): number | undefined {
  const tag = tags.find((each) => each.startsWith(WAKE));
  return tag === undefined ? undefined : Number(tag.slice(WAKE.length));
}

/** Returns the limit that another socket of a caller would exceed; `undefined` if there is room for it. */
export function exceededSocketLimit(
  state: Pick<DurableObjectState, "getWebSockets">,
  caller: Caller,
  limits: Pick<Required<SocketLimits>, "sockets" | "socketsPerMember">,
  isShared = false,
): "object" | "member" | undefined {
  if (state.getWebSockets().length >= limits.sockets) return "object";
  if (!isShared || caller.type !== "user") return undefined;
  return state.getWebSockets(userTag(caller.userId)).length >= limits.socketsPerMember ? "member" : undefined;
}
