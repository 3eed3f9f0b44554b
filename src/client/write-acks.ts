import { createListeners } from "./listeners.js";
import { positionOf } from "./log-position.js";
import { APP, createProcedureOwners, type OwnerKey } from "./procedure-owners.js";

/** Called with the owner of live queries that show all changes of a flush. */
export type FlushListener = (owner: OwnerKey) => void;

/** Reads live queries over HTTP. With `hasWritten`, the round in flight may lack a write of this client. */
type Poll = (hasWritten: boolean) => void;

/** A mutation that waits for live queries to show its writes. */
interface Waiting {
  readonly owner: OwnerKey;
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
  const live = new Map<OwnerKey, number>();
  const positions = new Map<OwnerKey, number>();
  const waiting = new Set<Waiting>();
  /** Positions in the log that live queries did not show before the mutation that waited for them resolved. */
  const late = new Map<OwnerKey, number>();
  /** Number of open sockets for each owner. There is more than one during a handover. */
  const open = new Map<OwnerKey, number>();
  /** Owners with a socket that was lost, or could not be opened. */
  const lost = new Set<OwnerKey>();
  /** The owners with a lost socket, if their live queries were read over HTTP since. */
  const polled = new Set<OwnerKey>();
  /** For each owner with a socket, the function that reads its live queries over HTTP if the socket does not deliver. */
  const pollers = new Map<OwnerKey, Poll>();

  const waitingFor = (owner: OwnerKey): Waiting[] => [...waiting].filter((each) => each.owner === owner);

  /** Ends the waits for positions up to one. */
  function endWaits(owner: OwnerKey, position: number, inTime = true): void {
    for (const each of waitingFor(owner)) if (each.position <= position) each.done(inTime);
  }

  function complete(owner: OwnerKey, position: number): void {
    if ((late.get(owner) ?? -1) <= position) late.delete(owner);
    listeners.emit(owner);
    endWaits(owner, position);
  }

  return {
    ...createProcedureOwners(),

    /** Calls the listener when a flush is complete. Returns the function that removes the listener. */
    listen: listeners.listen,

    /** Called when live queries show all changes of a flush. */
    flushed(owner: OwnerKey, cursor: string): void {
      const position = positionOf(cursor, -1);
      positions.set(owner, position);
      lost.delete(owner);
      complete(owner, position);
    },

    /** Sets the function that reads an owner's live queries over HTTP when the socket does not deliver them. */
    setPoller: (owner: OwnerKey, poll: Poll): void => void pollers.set(owner, poll),

    /**
     * Called when a round of polling starts. Its results contain all writes so far. Returns the function to call when they
     * are complete.
     */
    beginRound(owner: OwnerKey): () => void {
      const all = waitingFor(owner).map((each) => each.position);
      const position = Math.max(...all, late.get(owner) ?? -1);
      return () => {
        polled.add(owner);
        complete(owner, position);
      };
    },

    /** Whether live queries were read over HTTP since the socket of their owner was lost. */
    isPolled: (owner: OwnerKey): boolean => polled.has(owner),

    /** Counts a live query of an owner. Returns the function to call when it ends. */
    begin(owner: OwnerKey): () => void {
      // The first live query opens a socket if there is none.
      if (!live.has(owner)) lost.delete(owner);
      live.set(owner, (live.get(owner) ?? 0) + 1);
      return () => {
        const rest = (live.get(owner) ?? 0) - 1;
        if (rest > 0) return void live.set(owner, rest);
        live.delete(owner);
        // No live query is left that could show the write.
        endWaits(owner, Infinity);
      };
    },

    /** Called when the socket of an owner delivers. */
    opened(owner: OwnerKey): void {
      open.set(owner, (open.get(owner) ?? 0) + 1);
      lost.delete(owner);
      polled.delete(owner);
      // A write without a known position is part of what the socket delivers first.
      endWaits(owner, -1);
    },

    /** Called when a socket of an owner was closed, or did not open. Without a socket, live queries are read over HTTP. */
    closed(owner: OwnerKey): void {
      const rest = Math.max(0, (open.get(owner) ?? 0) - 1);
      open.set(owner, rest);
      if (rest > 0) return;
      lost.add(owner);
      const poll = pollers.get(owner);
      if (!poll) endWaits(owner, Infinity, false);
      else if (waitingFor(owner).length > 0) poll(false);
    },

    /**
     * Waits until an owner's live queries, if there are any, show a write, but not longer than the timeout. Without a socket
     * they are read over HTTP. Returns whether they show it.
     *
     * @param cursor the position of the write in the log; an object without sockets does not send one
     */
    async waitFor(owner: OwnerKey, cursor: string | undefined): Promise<boolean> {
      const position = positionOf(cursor, -1);
      const isShown = cursor && (positions.get(owner) ?? -1) >= position;
      if (isShown) return true;
      // Without a socket of the user, it is not known which queries are the app's. They are read with the user's.
      if (!live.has(owner)) return owner !== APP || this.waitFor(undefined, undefined);
      const isLost = lost.has(owner);
      const markLate = (): void => void late.set(owner, Math.max(position, late.get(owner) ?? -1));
      const poll = isLost || !open.get(owner) ? pollers.get(owner) : undefined;
      if (!poll) {
        if (!cursor) return true;
        if (isLost) {
          markLate();
          return false;
        }
      }
      return new Promise((resolve) => {
        const onTimeout = (): void => {
          mine.done(false);
          pollers.get(owner)?.(true);
        };
        const timeout = liveTimeout < Infinity ? setTimeout(onTimeout, liveTimeout * 1000) : undefined;
        const mine: Waiting = {
          owner,
          position,
          done(inTime) {
            clearTimeout(timeout);
            waiting.delete(mine);
            if (!inTime) markLate();
            resolve(inTime);
          },
        };
        waiting.add(mine);
        poll?.(true);
      });
    },

    /** Returns the position that live queries did not show in time; `undefined` once they show it. */
    latePosition: (owner: OwnerKey): number | undefined => late.get(owner),

    /** Deletes all positions, because another user has another log. */
    reset(): void {
      for (const each of [positions, late, open, lost, pollers, polled]) each.clear();
      for (const each of waiting) each.done(true);
    },
  };
}

export type WriteAcks = ReturnType<typeof createWriteAcks>;
