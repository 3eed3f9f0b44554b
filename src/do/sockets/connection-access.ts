import { sessionOf, type Caller } from "../../shared/caller.js";
import type { SocketCapability } from "./socket-capability.js";
import type { Access } from "../lifecycle/request-context.js";
import { CLOSE_RECONNECT, CLOSE_NOT_A_MEMBER, CLOSE_SESSION_ENDED } from "../../shared/close-codes.js";
import type { Connection } from "../connections/connection.js";
import type { Frames } from "../connections/frames.js";
import type { ReconnectPositions } from "./reconnect-positions.js";
import { noMember, sessionEnded } from "../connections/socket-errors.js";

export interface ConnectionAccessOptions extends Pick<
  SocketCapability,
  "access" | "resolveAccess" | "permissionVersion"
> {
  readonly frames: Frames;
  readonly reconnectPositions: () => ReconnectPositions;
  /** Called when it has been found out that a socket's caller may still be told. */
  readonly onGranted: (connection: Connection) => void;
  readonly waitUntil: (work: Promise<void>) => void;
}

/** When a Worker's own socket lapses, which holds no token. */
export const NEVER = Number.MAX_SAFE_INTEGER;

interface AccessCheck {
  readonly admission: Access;
  readonly standing: number | undefined;
}

/**
 * What a socket may be used for, asked at every message and every event. Closing is not revoking: a client that
 * ignores the close is still asked here, each time.
 */
export function createConnectionAccess({
  access,
  resolveAccess,
  permissionVersion,
  frames,
  reconnectPositions,
  onGranted: onAdmitted,
  waitUntil,
}: ConnectionAccessOptions) {
  const asking = new Map<Connection, Promise<void>>();
  // One look for all the sockets of a session while a flush is told: it is told in one go.
  let checks: Map<string, AccessCheck> | undefined;

  function checkAccess(caller: Caller): AccessCheck {
    const session = sessionOf(caller);
    const known = session === undefined ? undefined : checks?.get(session);
    if (known) return known;
    const now = { admission: access(caller), standing: permissionVersion?.(caller) };
    if (session !== undefined) checks?.set(session, now);
    return now;
  }

  function isStale(connection: Connection): boolean {
    if (connection.lapses <= Date.now() || reconnectPositions().wasAsked(connection)) return true;
    return permissionVersion !== undefined && connection.standing !== checkAccess(connection.caller).standing;
  }

  /** The client is to come back on a new socket; meanwhile events wait. */
  function requestReconnect(connection: Connection): void {
    if (!reconnectPositions().ask(connection)) return;
    if (connection.lapses === NEVER) connection.socket.close(CLOSE_RECONNECT, "Open the stream anew.");
    else connection.socket.send(frames.reconnect());
  }

  /** Whether a socket's caller may use it now. If not, the socket is closed. */
  function isAdmitted({ socket, caller }: Connection): boolean {
    const { admission: access } = checkAccess(caller);
    if (access === "session-ended") socket.close(CLOSE_SESSION_ENDED, sessionEnded);
    if (access === "forbidden") socket.close(CLOSE_NOT_A_MEMBER, noMember);
    return access === "granted" || access === "unknown";
  }

  const authorizeMessage = (connection: Connection): boolean =>
    connection.socket.readyState === WebSocket.OPEN && isAdmitted(connection);

  /** What is being found out about a socket's caller; `undefined` when all that matters is known. */
  function whenResolved(connection: Connection): Promise<void> | undefined {
    const underway = asking.get(connection);
    if (underway || !resolveAccess || reconnectPositions().wasAsked(connection) || !authorizeMessage(connection))
      return underway;
    const work = checkAccess(connection.caller).admission === "unknown" ? resolveAccess(connection.caller) : undefined;
    if (!work) return undefined;
    const answer = work
      .then(
        () => true,
        () => false,
      )
      .then((access) => {
        asking.delete(connection);
        // A session that is over has closed its sockets; otherwise nobody could say.
        if (access) onAdmitted(connection);
        else if (connection.socket.readyState === WebSocket.OPEN) requestReconnect(connection);
      });
    asking.set(connection, answer);
    return answer;
  }

  return {
    isStale,
    isAdmitted,
    authorizeMessage: authorizeMessage,
    whenResolved,

    /** Whether a socket may be told something. If not now, its client or its caller's own object is asked. */
    authorizeDelivery(connection: Connection): boolean {
      if (!authorizeMessage(connection)) return false;
      const answer = whenResolved(connection);
      if (answer) waitUntil(answer);
      else if (isStale(connection)) requestReconnect(connection);
      else return true;
      return false;
    },

    /** Runs work that asks for many sockets of a session, which is looked up once. */
    withCachedChecks(work: () => void): void {
      if (checks) return work();
      checks = new Map();
      try {
        work();
      } finally {
        // What was found out holds for this work alone: a session may end right after it.
        checks = undefined;
      }
    },

    beginFlush: (): void => void (checks = new Map()),
    endFlush: (): void => void (checks = undefined),
  };
}
