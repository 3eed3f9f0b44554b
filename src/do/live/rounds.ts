import { createFairQueue } from "../scheduling/create-fair-queue.js";
import { createSlice } from "../scheduling/create-slice.js";

/** How long a round waits for a run that awaits something, in milliseconds. A later result is sent when it is there. */
const PATIENCE = 1_000;
/** How often a long round reports how far it is, in milliseconds. */
const REPORT_EVERY_MS = 1_000;

export interface RoundsOptions<TRun> {
  /** Called before runs begin, after each yield to the event loop. What it adds is run with them. */
  readonly prepare: () => void;
  /** The members that a run is for. */
  readonly membersOf: (run: TRun) => Iterable<string>;
  /** Runs one. Never throws. */
  readonly work: (run: TRun) => Promise<void>;
  /** Called when a run is through. */
  readonly ran: () => void;
  /** Called before a round yields to the event loop, and every second with `isLong`. */
  readonly yields: (isLong: boolean) => void;
  /** Called when a round has nothing left to run. */
  readonly done: () => void;
  readonly waitUntil: (work: Promise<void>) => void;
}

/** Most members of one run that are compared for the shortest lane. */
const MOST_COMPARED = 16;

/**
 * Runs what was touched. Members take turns, and a round yields to the event loop every few milliseconds, so that one who
 * watches many queries keeps neither the results nor the calls of others waiting. A run never overlaps with another of the
 * same.
 */
export function createRounds<TRun extends object>(options: RoundsOptions<TRun>) {
  const { prepare, membersOf, work, ran, yields, done, waitUntil } = options;
  const waiting = createFairQueue<TRun>();
  /** When each began, in milliseconds since the epoch. */
  const running = new Map<TRun, number>();
  const again = new Set<TRun>();
  let isRound = false;
  let onChange = (): void => {};

  async function start(run: TRun): Promise<void> {
    running.set(run, Date.now());
    await work(run);
    running.delete(run);
    if (again.delete(run)) rounds.add(run);
    ran();
    onChange();
    // One that took longer than its round is reported in one of its own.
    rounds.request();
  }

  /** Waits until a run ends or is added. Returns whether neither happened for too long. */
  async function isStuck(): Promise<boolean> {
    const patience = new AbortController();
    const changed = new Promise<false>((resolve) => (onChange = () => resolve(false)));
    const late = scheduler.wait(PATIENCE, { signal: patience.signal }).then(
      () => true,
      () => false,
    );
    const stuck = await Promise.race([changed, late]);
    patience.abort();
    return stuck;
  }

  async function runAll(): Promise<void> {
    const slice = createSlice();
    let reportedAt = Date.now();
    let tick: Promise<unknown> | undefined;
    for (;;) {
      const run = waiting.take();
      if (run) {
        // A query that awaits nothing ends before the tick; one that does goes on beside the others.
        tick ??= scheduler.wait(0).then(() => (tick = undefined));
        await Promise.race([start(run), tick]);
        slice.spend();
      } else {
        yields(false);
        if (running.size === 0 || (await isStuck())) return;
      }
      if (!slice.isOver() || waiting.size() === 0) continue;
      const isLong = Date.now() - reportedAt >= REPORT_EVERY_MS;
      if (isLong) reportedAt = Date.now();
      yields(isLong);
      await slice.next();
      prepare();
    }
  }

  async function round(): Promise<void> {
    // After this turn: what else it commits is run for once.
    await scheduler.wait(0);
    // So that a round begins with all that was committed before, and only what comes after spoils it.
    prepare();
    await runAll();
    isRound = false;
    done();
    if (waiting.size() > 0) rounds.request();
  }

  /** Of the members that a run is for, the one with the least to wait for. */
  function laneOf(run: TRun): string {
    let shortest: { readonly member: string; readonly length: number } | undefined;
    let compared = 0;
    for (const member of membersOf(run)) {
      const length = waiting.lengthOf(member);
      if (!shortest || length < shortest.length) shortest = { member, length };
      if (shortest.length === 0 || ++compared === MOST_COMPARED) break;
    }
    return shortest?.member ?? "";
  }

  const rounds = {
    /** Whether a run was touched while it ran, so that what it found may be of two times. */
    isSpoiled: (run: TRun): boolean => again.has(run),

    isRunning: (run: TRun): boolean => running.has(run),

    /** Whether a run has yet to find what was committed. One that awaits something for long counts as done. */
    isPending(run: TRun): boolean {
      if (waiting.has(run)) return true;
      const startedAt = running.get(run);
      return startedAt !== undefined && Date.now() - startedAt < PATIENCE;
    },

    /** Runs one that was touched, again if it is running. */
    add(run: TRun): void {
      if (running.has(run)) again.add(run);
      else rounds.ensure(run);
    },

    /** Runs one, unless it is running already. */
    ensure(run: TRun): void {
      if (running.has(run) || waiting.has(run)) return;
      waiting.add(laneOf(run), run);
      onChange();
      rounds.request();
    },

    /** Makes sure that a round ends after now. */
    request(): void {
      if (isRound) return;
      isRound = true;
      waitUntil(round());
    },

    remove(run: TRun): void {
      waiting.delete(run);
      again.delete(run);
    },
  };
  return rounds;
}
