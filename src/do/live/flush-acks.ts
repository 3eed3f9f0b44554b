import { sessionOf } from "../../shared/caller.js";
import type { Connection } from "../connections/connection.js";
import { MultiMap } from "./multi-map.js";

export interface FlushAcksOptions {
  /** Tells a socket how far its live queries are, if it may be told anything now. Answers whether it was. */
  readonly send: (connection: Connection) => boolean;
}

/**
 * Who is told that a flush is complete: sockets that were sent a live query's result, since those of one page move
 * together, and the sockets of the session that wrote, since its mutation is done when they show it.
 */
export function createFlushAcks({ send: tell }: FlushAcksOptions) {
  /** How many live queries a socket has. */
  const holding = new Map<Connection, number>();
  const bySession = new MultiMap<string, Connection>();
  const owed = new Set<Connection>();

  return {
    add(connection: Connection): void {
      holding.set(connection, (holding.get(connection) ?? 0) + 1);
      const session = sessionOf(connection.caller);
      if (session !== undefined) bySession.add(session, connection);
    },

    remove(connection: Connection): void {
      const rest = (holding.get(connection) ?? 1) - 1;
      if (rest > 0) return void holding.set(connection, rest);
      holding.delete(connection);
      owed.delete(connection);
      const session = sessionOf(connection.caller);
      if (session !== undefined) bySession.delete(session, connection);
    },

    owe(connection: Connection): void {
      owed.add(connection);
    },

    oweSession(session: string): void {
      for (const connection of bySession.get(session) ?? []) owed.add(connection);
    },

    isOwing: (): boolean => owed.size > 0,

    owing: (): readonly Connection[] => [...owed],

    /** Those that cannot be told now stay owed. */
    tellAll(): void {
      for (const connection of owed) if (tell(connection)) owed.delete(connection);
    },

    /** The same for one socket. */
    tellOne(connection: Connection): void {
      if (owed.has(connection) && tell(connection)) owed.delete(connection);
    },
  };
}

/** The frame that says it. Stock clients ignore it. */
export function flushedFrame(cursor: string): string {
  return JSON.stringify({ id: null, method: "userdo.flushed", params: { cursor } });
}
