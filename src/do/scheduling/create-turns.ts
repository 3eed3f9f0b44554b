import { createFairQueue } from "./create-fair-queue.js";
import { createSlice } from "./time-slice.js";

/**
 * Number of microtasks after which the next piece of work starts without waiting for this one. Work that takes more either
 * awaits something else, or continues concurrently and makes the slice a little longer.
 */
const MAX_MICROTASKS = 200;

/** Time without work after which the object counts as idle, in milliseconds. A shorter pause can be the duration of the last work. */
const IDLE_MS = 1_000;

/** Number of characters of JSON that cost about as much as the rest of a small call. */
const UNIT_LENGTH = 8_192;

interface Turn {
  readonly cost: number;
  readonly start: () => void;
  isDone: boolean;
}

export interface TurnsOptions {
  /**
   * Runs a function while the object receives no events, like `blockConcurrencyWhile`. The platform reads the next message of
   * a socket as soon as the last one was received. Without this, all messages that one member has sent would be received
   * before the timer of the next slice fires.
   */
  readonly block: (work: () => Promise<void>) => Promise<void>;
  /** @default Date.now */
  readonly now?: () => number;
}

/** Runs calls and messages of members in turn. */
export interface Turns {
  /**
   * Runs a piece of work: immediately if little was done in this turn of the event loop, otherwise when it is the member's
   * turn. Work of one member starts in the order in which it was added. Work that awaits something does not block others.
   *
   * @param cost in units of a small call, see `costOf`
   */
  run<TResult>(member: string, cost: number, work: () => Promise<TResult>): Promise<TResult>;
  /** Returns whether a piece of work may start immediately, and counts it if so. Otherwise, use `runLater`. */
  begin(cost: number): boolean;
  /** Runs a piece of work when it is the member's turn. */
  runLater<TResult>(member: string, cost: number, work: () => Promise<TResult>): Promise<TResult>;
}

/** The cost of handling a text of this many characters, in units of a small call. */
export function costOf(length: number): number {
  return 1 + Math.floor(length / UNIT_LENGTH);
}

/**
 * Divides the time of an object between its members. Work is done in slices of about 8 ms. Work beyond a slice waits in a
 * queue with a lane for each member, and the object receives other calls before the next slice starts.
 */
export function createTurns({ block, now = Date.now }: TurnsOptions): Turns {
  const waiting = createFairQueue<Turn>();
  const pause = (): Promise<unknown> => block(() => scheduler.wait(0));
  const slice = createSlice(now, pause);
  let isRunning = false;
  let lastAt = 0;

  async function giveTurns(): Promise<void> {
    await pause();
    slice.restart();
    for (;;) {
      while (!slice.isOver()) {
        const turn = waiting.take();
        if (!turn) {
          isRunning = false;
          return;
        }
        slice.spend(turn.cost);
        turn.start();
        // Starts the next one after this one has ended, so that a member who sends messages one at a time keeps its turn.
        for (let ticks = 0; ticks < MAX_MICROTASKS && !turn.isDone; ticks++) await Promise.resolve();
      }
      await slice.next();
    }
  }

  async function runLater<TResult>(member: string, cost: number, work: () => Promise<TResult>): Promise<TResult> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const turn: Turn = { cost, start: resolve, isDone: false };
    waiting.add(member, turn);
    if (!isRunning) {
      isRunning = true;
      void giveTurns();
    }
    await promise;
    try {
      return await work();
    } finally {
      turn.isDone = true;
    }
  }

  function begin(cost: number): boolean {
    if (isRunning) return false;
    const at = now();
    if (at - lastAt > IDLE_MS) slice.restart();
    lastAt = at;
    if (slice.isOver() && !slice.restartIfShort()) return false;
    slice.spend(cost);
    return true;
  }

  return {
    run: (member, cost, work) => (begin(cost) ? work() : runLater(member, cost, work)),
    begin,
    runLater,
  };
}
