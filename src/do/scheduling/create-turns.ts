import { createFairQueue } from "./create-fair-queue.js";
import { createSlice } from "./create-slice.js";

/**
 * How many microtasks a piece of work may take before the next one begins beside it. Work that takes more awaits something
 * else, or continues beside others: then a slice is a little longer.
 */
const MOST_MICROTASKS = 200;

/** After so many milliseconds without work the object was idle. Less may be the time that the last work took. */
const IDLE_MS = 1_000;

/** Characters of JSON that cost about as much as the rest of a small call. */
const UNIT_LENGTH = 8_192;

interface Turn {
  readonly cost: number;
  readonly begin: () => void;
  isOver: boolean;
}

export interface TurnsOptions {
  /**
   * Runs a function while no event reaches the object, as `blockConcurrencyWhile` does. Events arrive in the order in which
   * they came, and the platform reads on from a socket as soon as its last message was received: without this, all that one
   * member has sent would be received before the timer of the next slice fires.
   */
  readonly block: (work: () => Promise<void>) => Promise<void>;
  /** @default Date.now */
  readonly now?: () => number;
}

/** Calls and messages that members have handled in turn. */
export interface Turns {
  /**
   * Does a piece of work: at once while little was done in this turn of the event loop, else when it is the member's turn.
   * Work of one member begins in the order in which it was added. What the work awaits holds up none of the others.
   *
   * @param cost in units of a small call: see `costOf`
   */
  run<TResult>(member: string, cost: number, work: () => Promise<TResult>): Promise<TResult>;
}

/** What it costs to handle a text of so many characters, in units of a small call. */
export function costOf(length: number): number {
  return 1 + Math.floor(length / UNIT_LENGTH);
}

/**
 * Divides the time of an object between its members. Work is done in slices of about 8 ms. What does not fit into a slice
 * waits in a queue with a lane for each member, and calls of others are received before the next slice begins.
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
        turn.begin();
        // The next one begins when this one has ended, so that a member who sends one message after the other keeps its turn.
        for (let ticks = 0; ticks < MOST_MICROTASKS && !turn.isOver; ticks++) await Promise.resolve();
      }
      await slice.next();
    }
  }

  async function runInTurn<TResult>(member: string, cost: number, work: () => Promise<TResult>): Promise<TResult> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const turn: Turn = { cost, begin: resolve, isOver: false };
    waiting.add(member, turn);
    if (!isRunning) {
      isRunning = true;
      void giveTurns();
    }
    await promise;
    try {
      return await work();
    } finally {
      turn.isOver = true;
    }
  }

  return {
    run(member, cost, work) {
      if (isRunning) return runInTurn(member, cost, work);
      const at = now();
      if (at - lastAt > IDLE_MS) slice.restart();
      lastAt = at;
      if (slice.isOver() && !slice.restartIfShort()) return runInTurn(member, cost, work);
      slice.spend(cost);
      return work();
    },
  };
}
