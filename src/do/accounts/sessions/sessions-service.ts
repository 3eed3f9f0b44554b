import type { ListedSession, Session } from "../../../shared/account.js";
import type { SessionEffect } from "../../../shared/call.js";
import type { Caller } from "../../../shared/caller.js";
import type { SessionsService } from "../../../router/services.js";
import { decodeSessionData, encodeSessionData } from "./session-data.js";
import type { SessionRow } from "./session-row.js";
import type { SessionStore } from "./session-store.js";

export interface SessionsServiceOptions {
  readonly sessions: SessionStore;
  readonly caller: Caller;
  readonly setSession: (effect: SessionEffect) => void;
  /** Ends all sessions but the caller's, revokes earlier links and devices, and returns the ids of the sessions. */
  readonly endOthers: () => string[];
  /** Adds the revocation to the audit log. */
  readonly onRevoke: () => void;
  /** Closes the sockets of a session. Called after its row was deleted. */
  readonly onSessionEnd: (sessionId: string) => void;
}

/** The sessions for the procedures of one call. */
export function createSessionsService({
  sessions,
  caller,
  setSession,
  endOthers,
  onRevoke,
  onSessionEnd,
}: SessionsServiceOptions): SessionsService {
  const current = caller.type === "user" ? caller.sessionId : undefined;

  return {
    list: () => sessions.list(Date.now()).map((row) => toListed(row, row.id === current)),
    rename: (id, name) => sessions.rename(id, name, Date.now()),
    revoke(id) {
      if (!sessions.delete(id)) return false;
      onRevoke();
      if (id === current) setSession(null);
      onSessionEnd(id);
      return true;
    },
    revokeOthers() {
      const ended = endOthers();
      if (ended.length > 0) onRevoke();
      for (const id of ended) onSessionEnd(id);
      return ended.length;
    },
    get dataState() {
      if (current === undefined) return "none";
      return sessions.findActive(current, Date.now()) ? "available" : "ended";
    },
    readData() {
      const text = current === undefined ? undefined : sessions.readData(current);
      return text === undefined ? undefined : decodeSessionData(text);
    },
    writeData(data) {
      if (current !== undefined) sessions.writeData(current, data === undefined ? null : encodeSessionData(data));
    },
  };
}

export function toPublicSession({ id, createdAt, expiresAt }: SessionRow): Session {
  return { id, createdAt: new Date(createdAt), expiresAt: new Date(expiresAt) };
}

/** The session of a call by a Worker, which has none: it begins and ends with the call. */
export function sessionOfCall(at: Date): Session {
  return { id: "rpc", createdAt: at, expiresAt: at };
}

export function toListed(row: SessionRow, current: boolean): ListedSession {
  const { device, name } = row;
  const times = { lastSeenAt: new Date(row.lastSeenAt), endsAt: new Date(row.endsAt) };
  return { ...toPublicSession(row), ...times, device, name, current };
}
