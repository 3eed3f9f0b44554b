import type { Caller } from "../../../shared/caller.js";
import type { Access } from "../../lifecycle/request-context.js";
import { accountLeaseOf } from "../../organizations/lease-holders.js";
import { assertLeased, type Leases, type MemberSession, type SocketEndings } from "../../organizations/leases.js";

export interface AppAccessOptions {
  readonly isInitialized: () => boolean;
  /** Creates the schema of the object. */
  readonly open: () => void;
  readonly leases: Pick<Leases, "isValid" | "renew">;
  readonly sockets: SocketEndings;
}

/** Authorizes callers and deliveries in the app's object: all users, by a lease of the session or the account, and the app. */
export function createAppAccess({ isInitialized, open, leases, sockets }: AppAccessOptions) {
  function access(caller: Caller): Access {
    if (caller.type === "anonymous") return "forbidden";
    if (caller.type === "system") return "granted";
    return isInitialized() && leases.isValid(leaseOf(caller)) ? "granted" : "unknown";
  }

  return {
    access,

    /** Renews the lease at the caller's own object if necessary. @throws as {@link assertLeased} */
    resolveAccess(caller: Caller): Promise<void> | undefined {
      if (caller.type === "anonymous") return undefined;
      // The first call of a user or the app creates the schema.
      if (!isInitialized()) open();
      if (caller.type === "system" || access(caller) !== "unknown") return undefined;
      const requested = leaseOf(caller);
      return leases.renew(requested).then((lease) => assertLeased(lease, requested, sockets));
    },
  };
}

/** The lease that a user's calls need: of the session, or of the account for calls of another Worker. */
function leaseOf(caller: Extract<Caller, { type: "user" }>): MemberSession {
  const { userId } = caller;
  return caller.via === "session"
    ? { userId, sessionId: caller.sessionId, generation: caller.generation }
    : { userId, sessionId: accountLeaseOf(userId), generation: undefined };
}
