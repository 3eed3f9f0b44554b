import { parseCursor } from "../shared/cursor.js";
import { createListeners } from "./listeners.js";

type OrganizationId = string | undefined;

/** Called with the owner of live queries that show all changes of a flush. */
export type FlushListener = (organizationId: OrganizationId) => void;

/** Reads live queries over HTTP. With `hasWritten`, the round in flight may lack a write of this client. */
type Poll = (hasWritten: boolean) => void;

interface Waiting {
  readonly position: number;
  done(inTime: boolean): void;
}

/**
 * Tracks which of the server's flushes the client's live queries show. After the results of a flush, the server sends its
 * position in the change log on each socket with live queries.
 *
 * @param liveTimeout how long a mutation waits for the page's own live queries to show it, in seconds
 */
export function createWriteAcks(liveTimeout = 2) {
  const listeners = createListeners<Parameters<FlushListener>>();
  /** The number of live queries of each owner. */
  const live = new Map<OrganizationId, number>();
  const positions = new Map<OrganizationId, number>();
  const waiting = new Map<OrganizationId, Set<Waiting>>();
  /** Positions in the log that live queries did not show before the mutation that waited for them resolved. */
  const late = new Map<OrganizationId, number>();
  /** Number of open sockets for each owner. There is more than one during a handover. */
  const open = new Map<OrganizationId, number>();
  /** Owners with a socket that was lost, or could not be opened. */
  const lost = new Set<OrganizationId>();
  /** The owners with a lost socket, if their live queries were read over HTTP since. */
  const polled = new Set<OrganizationId>();
  /** For each owner with a socket, the function that reads its live queries over HTTP if the socket does not deliver. */
  const pollers = new Map<OrganizationId, Poll>();

  function complete(organizationId: OrganizationId, position: number): void {
    if ((late.get(organizationId) ?? -1) <= position) late.delete(organizationId);
    listeners.emit(organizationId);
    for (const each of waiting.get(organizationId) ?? []) if (each.position <= position) each.done(true);
  }

  return {
    /** Calls the listener when a flush is complete. Returns the function that removes the listener. */
    listen: listeners.listen,

    /** Called when live queries show all changes of a flush. */
    flushed(organizationId: OrganizationId, cursor: string): void {
      const position = positionOf(cursor);
      positions.set(organizationId, position);
      lost.delete(organizationId);
      complete(organizationId, position);
    },

    /** Sets the function that reads an owner's live queries over HTTP when the socket does not deliver them. */
    setPoller: (organizationId: OrganizationId, poll: Poll): void => void pollers.set(organizationId, poll),

    /**
     * Called when a round of polling starts. Its results contain all writes so far. Returns the function to call when they
     * are complete.
     */
    beginRound(organizationId: OrganizationId): () => void {
      const all = [...(waiting.get(organizationId) ?? [])].map(({ position }) => position);
      const position = Math.max(...all, late.get(organizationId) ?? -1);
      return () => {
        polled.add(organizationId);
        complete(organizationId, position);
      };
    },

    /** Whether live queries were read over HTTP since the socket of their owner was lost. */
    isPolled: (organizationId: OrganizationId): boolean => polled.has(organizationId),

    /** Counts a live query of an owner. Returns the function to call when it ends. */
    begin(organizationId: OrganizationId): () => void {
      // The first live query opens a socket if there is none.
      if (!live.has(organizationId)) lost.delete(organizationId);
      live.set(organizationId, (live.get(organizationId) ?? 0) + 1);
      return () => {
        const rest = (live.get(organizationId) ?? 1) - 1;
        if (rest > 0) return void live.set(organizationId, rest);
        live.delete(organizationId);
        // No live query is left that could show the write.
        for (const each of waiting.get(organizationId) ?? []) each.done(true);
      };
    },

    /** Called when the socket of an owner delivers. */
    opened(organizationId: OrganizationId): void {
      open.set(organizationId, (open.get(organizationId) ?? 0) + 1);
      lost.delete(organizationId);
      polled.delete(organizationId);
      // A write without a known position is part of what the socket delivers first.
      for (const each of waiting.get(organizationId) ?? []) if (each.position < 0) each.done(true);
    },

    /** Called when a socket of an owner was closed, or did not open. Without a socket, live queries are read over HTTP. */
    closed(organizationId: OrganizationId): void {
      const rest = Math.max(0, (open.get(organizationId) ?? 0) - 1);
      open.set(organizationId, rest);
      if (rest > 0) return;
      lost.add(organizationId);
      const poll = pollers.get(organizationId);
      const all = waiting.get(organizationId);
      if (!all?.size) return;
      if (poll) poll(false);
      else for (const each of all) each.done(false);
    },

    /**
     * Waits until an owner's live queries, if there are any, show a write, but not longer than the timeout. Without a socket
     * they are read over HTTP. Returns whether they show it.
     *
     * @param cursor the position of the write in the log; an object without sockets does not send one
     */
    waitFor(organizationId: OrganizationId, cursor: string | undefined): Promise<boolean> {
      const position = positionOf(cursor ?? "");
      const isShown = cursor !== undefined && (positions.get(organizationId) ?? -1) >= position;
      if (!live.has(organizationId) || isShown) return Promise.resolve(true);
      const isLost = lost.has(organizationId);
      const markLate = (): void => void late.set(organizationId, Math.max(position, late.get(organizationId) ?? -1));
      const poll = isLost || !open.get(organizationId) ? pollers.get(organizationId) : undefined;
      if (!poll && cursor === undefined) return Promise.resolve(true);
      if (!poll && isLost) {
        markLate();
        return Promise.resolve(false);
      }
      return new Promise((resolve) => {
        const all = waiting.get(organizationId) ?? new Set();
        waiting.set(organizationId, all);
        const onTimeout = (): void => {
          mine.done(false);
          pollers.get(organizationId)?.(true);
        };
        const timeout = liveTimeout < Infinity ? setTimeout(onTimeout, liveTimeout * 1000) : undefined;
        const mine: Waiting = {
          position,
          done(inTime) {
            clearTimeout(timeout);
            all.delete(mine);
            if (!inTime) markLate();
            resolve(inTime);
          },
        };
        all.add(mine);
        poll?.(true);
      });
    },

    /** Returns the position that live queries did not show in time; `undefined` once they show it. */
    latePosition: (organizationId: OrganizationId): number | undefined => late.get(organizationId),

    /** Deletes all positions, because another user has another log. */
    reset(): void {
      positions.clear();
      late.clear();
      open.clear();
      lost.clear();
      pollers.clear();
      polled.clear();
      for (const all of waiting.values()) for (const each of all) each.done(true);
    },
  };
}

export type WriteAcks = ReturnType<typeof createWriteAcks>;

function positionOf(cursor: string): number {
  return parseCursor(cursor)?.seq ?? -1;
}
