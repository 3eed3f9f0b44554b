import { CLOSE_NOT_A_MEMBER, CLOSE_SESSION_ENDED, CLOSE_SUSPENDED } from "../../shared/close-codes.js";
import { readAttachment } from "../connections/attachment.js";
import { noMember, sessionEnded, suspended } from "../connections/socket-errors.js";
import { sessionTag, userTag } from "../connections/socket-tags.js";
import type { PresenceTracker } from "../presence/create-presence.js";
import type { SubscriptionStore } from "./subscription-store.js";

export interface SocketEndingsOptions {
  readonly state: Pick<DurableObjectState, "getWebSockets">;
  readonly store: Pick<SubscriptionStore, "setPresence">;
  readonly presence: PresenceTracker | undefined;
  /** Drops the waiting messages and the subscriptions of a socket. */
  readonly release: (socket: WebSocket) => void;
}

interface Ending {
  readonly code: number;
  readonly reason: string;
}

/**
 * Closes the sockets of people who lost their access. Delete the session, or store the suspension, before: closing alone does not stop
 * messages that are on their way.
 */
export function createSocketEndings({ state, store, presence, release }: SocketEndingsOptions) {
  function closeSockets(column: "user" | "session", id: string, { code, reason }: Ending): void {
    const userIds = new Set<string>();
    for (const socket of state.getWebSockets(column === "user" ? userTag(id) : sessionTag(id))) {
      const { caller, presence: present } = readAttachment(socket) ?? {};
      if (present && caller?.type === "user") {
        userIds.add(caller.userId);
        // The close of the socket, which follows, must not start a grace period.
        store.setPresence(socket, undefined);
      }
      release(socket);
      socket.close(code, reason);
    }
    presence?.onRevoke({ column, id }, userIds);
  }

  return {
    endSession: (sessionId: string): void =>
      closeSockets("session", sessionId, { code: CLOSE_SESSION_ENDED, reason: sessionEnded }),
    suspendUser: (userId: string): void => closeSockets("user", userId, { code: CLOSE_SUSPENDED, reason: suspended }),
    /** Closes the sockets of a user who is no longer a member. */
    endUser: (userId: string): void => closeSockets("user", userId, { code: CLOSE_NOT_A_MEMBER, reason: noMember }),
  };
}
