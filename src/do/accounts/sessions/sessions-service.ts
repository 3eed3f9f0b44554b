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
  /** Ends all sessions but the caller's, with what was caused before, and returns their ids. */
  readonly endOthers: () => string[];
  /** Writes down that the caller ended sessions. */
  readonly onRevoke: () => void;
  /** Ends what a session still holds open. Called after its row is gone. */
  readonly onSessionEnd: (sessionId: string) => void;
}

/** The sessions, as the procedures of one call see them. */
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
    hasData: current !== undefined,
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

/** A Worker's call has no session of its own: it is told as one that begins and ends with the call. */
export function sessionOfCall(at: Date): Session {
  return { id: "rpc", createdAt: at, expiresAt: at };
}

export function toListed(row: SessionRow, current: boolean): ListedSession {
  const { device, name } = row;
  const times = { lastSeenAt: new Date(row.lastSeenAt), endsAt: new Date(row.endsAt) };
  return { ...toPublicSession(row), ...times, device, name, current };
}
