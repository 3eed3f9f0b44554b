import { sessionOf, type Caller } from "../../shared/caller.js";
import type { SocketCapability } from "./socket-capability.js";
import type { Access } from "../lifecycle/request-context.js";
import { CLOSE_RECONNECT, CLOSE_NOT_A_MEMBER, CLOSE_SESSION_ENDED, CLOSE_SUSPENDED } from "../../shared/close-codes.js";
import type { Connection } from "../connections/connection.js";
import type { Frames } from "../connections/frames.js";
import type { ReconnectPositions } from "./reconnect-positions.js";
import { noMember, sessionEnded, suspended } from "../connections/socket-errors.js";

export interface ConnectionAccessOptions extends Pick<
  SocketCapability,
  "access" | "resolveAccess" | "permissionVersion"
> {
  readonly frames: Frames;
  readonly reconnectPositions: () => ReconnectPositions;
  /** Called when an access check that was pending has confirmed that the caller still has access. */
  readonly onGranted: (connection: Connection) => void;
  readonly waitUntil: (work: Promise<void>) => void;
}

/** The expiry of a socket that a Worker opens for a stream: it has no access token. */
export const NEVER_EXPIRES = Number.MAX_SAFE_INTEGER;

interface AccessCheck {
  readonly access: Access;
  readonly permissionVersion: number | undefined;
}

/**
 * Authorizes every message and every event of a socket. Closing a socket is not enough to revoke its access, because a client can
 * ignore the close and keep sending.
 */
export function createConnectionAccess({
  access,
  resolveAccess,
  permissionVersion,
  frames,
  reconnectPositions,
  onGranted,
  waitUntil,
}: ConnectionAccessOptions) {
  const pendingChecks = new Map<Connection, Promise<void>>();
  // The results by session while a flush is delivered, so that each session is checked once however many sockets it has.
  let cachedChecks: Map<string, AccessCheck> | undefined;

  function checkAccess(caller: Caller): AccessCheck {
    const session = sessionOf(caller);
    const known = session === undefined ? undefined : cachedChecks?.get(session);
    if (known) return known;
    const check = { access: access(caller), permissionVersion: permissionVersion?.(caller) };
    if (session !== undefined) cachedChecks?.set(session, check);
    return check;
  }

  /** Returns the access of a caller alone, which is checked for each message. */
  const accessOf = (caller: Caller): Access => (cachedChecks ? checkAccess(caller).access : access(caller));

  function isStale(connection: Connection): boolean {
    if (connection.expiresAt <= Date.now() || reconnectPositions().wasRequested(connection)) return true;
    return (
      permissionVersion !== undefined &&
      connection.permissionVersion !== checkAccess(connection.caller).permissionVersion
    );
  }

  /** Asks the client to reconnect on a new socket. Until it does, the events of its subscriptions are not sent. */
  function requestReconnect(connection: Connection): void {
    if (connection.socket.readyState !== WebSocket.OPEN || !reconnectPositions().request(connection)) return;
    if (connection.expiresAt === NEVER_EXPIRES) connection.socket.close(CLOSE_RECONNECT, "Open the stream again.");
    else connection.socket.send(frames.reconnect());
  }

  /** Returns whether the caller of a socket still has access. If not, closes the socket. */
  function checkConnection({ socket, caller }: Connection): boolean {
    const current = accessOf(caller);
    if (current === "session-ended") socket.close(CLOSE_SESSION_ENDED, sessionEnded);
    if (current === "suspended") socket.close(CLOSE_SUSPENDED, suspended);
    if (current === "forbidden") socket.close(CLOSE_NOT_A_MEMBER, noMember);
    return current === "granted" || current === "unknown";
  }

  const authorizeMessage = (connection: Connection): boolean =>
    connection.socket.readyState === WebSocket.OPEN && checkConnection(connection);

  /** Resolves when the pending access check of a socket's caller is done; returns `undefined` if no check is needed. */
  function whenResolved(connection: Connection): Promise<void> | undefined {
    const pending = pendingChecks.get(connection);
    if (pending || !resolveAccess || reconnectPositions().wasRequested(connection) || !authorizeMessage(connection))
      return pending;
    const work = checkAccess(connection.caller).access === "unknown" ? resolveAccess(connection.caller) : undefined;
    if (!work) return undefined;
    const resolved = work
      .then(
        () => true,
        () => false,
      )
      .then((isGranted) => {
        pendingChecks.delete(connection);
        // If the session had ended, its sockets would be closed. An open socket means that the check itself failed.
        if (isGranted) onGranted(connection);
        else if (connection.socket.readyState === WebSocket.OPEN) requestReconnect(connection);
      });
    pendingChecks.set(connection, resolved);
    return resolved;
  }

  function authorizeAssumingOpen(connection: Connection): boolean {
    if (!checkConnection(connection)) return false;
    const resolved = whenResolved(connection);
    if (resolved) waitUntil(resolved);
    else if (isStale(connection)) requestReconnect(connection);
    else return true;
    return false;
  }

  return {
    isStale,
    checkConnection,
    authorizeMessage,
    whenResolved,

    /**
     * Returns whether an event may be sent to a socket now. If the answer is unknown, starts an access check; if the socket is
     * stale, asks its client to reconnect.
     */
    authorizeDelivery: (connection: Connection): boolean =>
      connection.socket.readyState === WebSocket.OPEN && authorizeAssumingOpen(connection),

    /**
     * Like `authorizeDelivery`, but does not read whether the socket is open, which costs a quarter of sending. For frames that are
     * sent in the same turn with `sendAuthorized`, which does nothing if the socket is closed.
     */
    authorizeAssumingOpen,

    /** Runs synchronous work that authorizes many sockets, and checks the access of each session once. */
    withCachedChecks(work: () => void): void {
      if (cachedChecks) return work();
      cachedChecks = new Map();
      try {
        work();
      } finally {
        // The results are valid for this work only, because a session may end right after it.
        cachedChecks = undefined;
      }
    },

    beginFlush: (): void => void (cachedChecks = new Map()),
    endFlush: (): void => void (cachedChecks = undefined),
  };
}

export type ConnectionAccess = ReturnType<typeof createConnectionAccess>;
