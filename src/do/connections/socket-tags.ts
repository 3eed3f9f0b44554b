import type { Caller } from "../../shared/caller.js";
import type { SocketLimits } from "./socket-limits.js";

/** The tag of all sockets that a user opened. */
export function userTag(userId: string): string {
  return `user:${userId}`;
}

/** The tag of all sockets that a session opened. */
export function sessionTag(sessionId: string): string {
  return `session:${sessionId}`;
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
