import { sessionOf } from "../../shared/caller.js";
import type { Connection } from "../connections/connection.js";
import { MultiMap } from "./multi-map.js";

export interface FlushAcksOptions {
  /** Sends an acknowledgement to a socket if that is possible now. Returns whether it was sent. */
  readonly send: (connection: Connection) => boolean;
}

/**
 * Tracks the sockets that need an acknowledgement of a flush: sockets that were sent a live query's result, because a client updates
 * its queries together, and sockets of the session that wrote, because its mutation resolves when they show the write.
 */
export function createFlushAcks({ send }: FlushAcksOptions) {
  /** The number of live queries of each socket. */
  const queryCounts = new Map<Connection, number>();
  const bySession = new MultiMap<string, Connection>();
  const required = new Set<Connection>();

  return {
    add(connection: Connection): void {
      queryCounts.set(connection, (queryCounts.get(connection) ?? 0) + 1);
      const session = sessionOf(connection.caller);
      if (session !== undefined) bySession.add(session, connection);
    },

    remove(connection: Connection): void {
      const remaining = (queryCounts.get(connection) ?? 1) - 1;
      if (remaining > 0) return void queryCounts.set(connection, remaining);
      queryCounts.delete(connection);
      required.delete(connection);
      const session = sessionOf(connection.caller);
      if (session !== undefined) bySession.delete(session, connection);
    },

    require(connection: Connection): void {
      required.add(connection);
    },

    requireForSession(session: string): void {
      for (const connection of bySession.get(session) ?? []) required.add(connection);
    },

    hasPending: (): boolean => required.size > 0,

    pending: (): readonly Connection[] => [...required],

    /** Sends all acknowledgements that can be sent now. The others stay pending. */
    sendAll(): void {
      for (const connection of required) if (send(connection)) required.delete(connection);
    },

    /** Sends the acknowledgement of one socket, if it needs one and can receive it now. */
    send(connection: Connection): void {
      if (required.has(connection) && send(connection)) required.delete(connection);
    },
  };
}

/** About the size of an acknowledgement, in bytes. */
export const ACK_BYTES = 128;

/** The frame of an acknowledgement. tRPC's own client ignores it. */
export function flushedFrame(cursor: string): string {
  return JSON.stringify({ id: null, method: "userdo.flushed", params: { cursor } });
}
