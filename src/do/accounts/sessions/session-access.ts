import { sessionOf, type Caller } from "../../../shared/caller.js";
import type { Access } from "../../lifecycle/request-context.js";
import { withoutRecorder } from "../../tables/reads/read-recorder.js";
import type { SuspensionStore } from "../suspension.js";
import type { SessionRow } from "./session-row.js";
import type { SessionStore } from "./session-store.js";

export interface SessionAccessOptions {
  readonly userId: string;
  readonly sessions: SessionStore;
  readonly suspension: Pick<SuspensionStore, "read">;
  readonly isInitialized: () => boolean;
  /** Whether the object is initialized and its account is not being deleted. */
  readonly exists: () => boolean;
}

/** Checks the sessions of callers, in the user's own object. Every call and every event needs it. */
export function createSessionAccess({ userId, sessions, suspension, isInitialized, exists }: SessionAccessOptions) {
  function findActive(caller: Caller): SessionRow | "none needed" | undefined {
    if (caller.type === "system") return exists() && !suspension.read(Date.now()) ? "none needed" : undefined;
    if (caller.type !== "user" || caller.userId !== userId) return undefined;
    if (caller.via === "rpc") return exists() && !suspension.read(Date.now()) ? "none needed" : undefined;
    // The deletion or suspension of an account has deleted its sessions, so an active session needs no other check.
    return isInitialized() ? sessions.findActive(caller.sessionId, Date.now()) : undefined;
  }

  function recordUse(session: SessionRow, caller: Caller): void {
    sessions.touch(session, Date.now());
    if (caller.type === "user" && caller.via === "session") sessions.confirm(session, caller.generation);
  }

  function authorize(caller: Caller): boolean {
    const session = findActive(caller);
    if (typeof session === "object") recordUse(session, caller);
    return session !== undefined;
  }

  return {
    /** Whether the caller's session is active. Checked on every call and every event. */
    hasActiveSession: (caller: Caller): boolean => findActive(caller) !== undefined,

    /** The access of a socket's caller, for each message and each event. */
    accessOf(caller: Caller): Access {
      if (findActive(caller) !== undefined) return "granted";
      return isInitialized() && suspension.read(Date.now()) ? "suspended" : "session-ended";
    },

    /** `hasActiveSession` for a call, which also records that the session is in use. */
    authorize,

    /** Whether a caller's session got a new id that the caller may not know yet: its cookies must not be cleared. */
    wasSessionReplaced: (caller: Caller): boolean =>
      caller.type === "user" &&
      caller.via === "session" &&
      exists() &&
      sessions.wasReplaced(caller.sessionId, Date.now()),

    /** Whether the caller has or had a session of this user. */
    hasOwnSession: (caller: Caller): boolean =>
      caller.type === "user" && caller.via === "session" && caller.userId === userId,

    /** Records that the caller opened a socket, and with which generation of the session's tokens. */
    onUpgrade: (caller: Caller): void => void authorize(caller),

    /** Records that the caller's session is in use: something was sent to it or received from it over a socket. */
    onUse(caller: Caller): void {
      const id = sessionOf(caller);
      if (id !== undefined && !sessions.isTouchDue(id, Date.now())) return;
      // Not recorded, so that a live query does not depend on the session's row.
      withoutRecorder(() => {
        const session = findActive(caller);
        if (typeof session === "object") sessions.touch(session, Date.now());
      });
    },
  };
}

export type SessionAccess = ReturnType<typeof createSessionAccess>;
