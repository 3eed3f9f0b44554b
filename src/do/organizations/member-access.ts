import type { Caller } from "../../shared/caller.js";
import type { Access } from "../lifecycle/request-context.js";
import { assertLeased, type Leases, type MemberSession, type SocketEndings } from "./leases.js";
import type { MemberStore } from "./member-store.js";
import type { SuspendedMembers } from "./suspended-members.js";

export interface MemberAccessOptions {
  readonly exists: () => boolean;
  readonly members: MemberStore;
  readonly suspended: SuspendedMembers;
  readonly leases: Leases;
  readonly sockets: SocketEndings;
}

/** Authorizes callers and deliveries in an organization: members whose session has a valid lease, and the app itself. */
export function createMemberAccess({ exists, members, suspended, leases, sockets }: MemberAccessOptions) {
  function access(caller: Caller): Access {
    if (!exists() || caller.type === "anonymous") return "forbidden";
    if (caller.type === "system") return "granted";
    if (!members.find(caller.userId)) return "forbidden";
    const session = memberSessionOf(caller);
    if (session) return leases.isValid(session) ? "granted" : "unknown";
    return suspended.find(caller.userId, Date.now()) ? "suspended" : "granted";
  }

  return {
    access,

    /** Renews the lease at the caller's own object if necessary. @throws as {@link assertLeased} */
    resolveAccess(caller: Caller): Promise<void> | undefined {
      const session = memberSessionOf(caller);
      if (session === undefined || access(caller) !== "unknown") return undefined;
      return leases.renew(session).then((lease) => assertLeased(lease, session, sockets));
    },

    /** Version of the caller's permissions. When it changes, subscriptions are authorized again. */
    permissionVersion: (caller: Caller): number | undefined =>
      caller.type === "user" ? members.find(caller.userId)?.epoch : undefined,
  };
}

function memberSessionOf(caller: Caller): MemberSession | undefined {
  if (caller.type !== "user" || caller.via !== "session") return undefined;
  const { userId, sessionId, generation } = caller;
  return { userId, sessionId, generation };
}
