import type { Caller } from "../../../shared/caller.js";
import { SessionEnded, sessionReplaced } from "../../lifecycle/caller-errors.js";
import type { Access } from "../../lifecycle/request-context.js";
import type { Leases, MemberSession } from "../../organizations/leases.js";

export interface AppAccessOptions {
  readonly isInitialized: () => boolean;
  /** Creates the schema of the object. */
  readonly open: () => void;
  readonly leases: Pick<Leases, "isValid" | "renew">;
  readonly endSession: (sessionId: string) => void;
}

/** Authorizes callers and deliveries in the app's object: all users with an active session, and the app itself. */
export function createAppAccess({ isInitialized, open, leases, endSession }: AppAccessOptions) {
  function access(caller: Caller): Access {
    if (caller.type === "anonymous") return "forbidden";
    const session = sessionOf(caller);
    if (session === undefined) return "granted";
    return isInitialized() && leases.isValid(session) ? "granted" : "unknown";
  }

  return {
    access,

    /** Renews the lease at the caller's own object if necessary. @throws SessionEnded */
    resolveAccess(caller: Caller): Promise<void> | undefined {
      // The first call of a user or the app creates the schema.
      if (!isInitialized() && caller.type !== "anonymous") open();
      const session = sessionOf(caller);
      if (session === undefined || access(caller) !== "unknown") return undefined;
      return leases.renew(session).then((lease) => {
        if (lease.ok) return;
        endSession(session.sessionId);
        // Another call of this browser sets the cookies of the new session, and clearing them would sign the user out.
        throw lease.reason === "SESSION_REPLACED" ? sessionReplaced() : new SessionEnded();
      });
    },
  };
}

function sessionOf(caller: Caller): MemberSession | undefined {
  if (caller.type !== "user" || caller.via !== "session") return undefined;
  const { userId, sessionId, generation } = caller;
  return { userId, sessionId, generation };
}
