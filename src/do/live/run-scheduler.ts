import { inSpan } from "../../shared/tracing.js";
import { createFairQueue } from "../scheduling/create-fair-queue.js";
import { createSlice } from "../scheduling/time-slice.js";

/** How long a round waits for a run that awaits something, in milliseconds. A later result is sent as soon as there is one. */
const RUN_TIMEOUT_MS = 1_000;
/** How often a long round reports its progress, in milliseconds. */
const REPORT_INTERVAL_MS = 1_000;

export interface RunSchedulerOptions<TRun> {
  /** Called before runs begin, and after each yield to the event loop. Runs that it adds belong to the round. */
  readonly prepare: () => void;
  /** Returns the members that a run works for. */
  readonly membersOf: (run: TRun) => Iterable<string>;
  /** Does the work of a run. Never throws. */
  readonly work: (run: TRun) => Promise<void>;
  /** Called when a run has ended. */
  readonly onRunEnd: () => void;
  /** Called before a round yields to the event loop. `isLong` is true about once a second in a long round. */
  readonly onYield: (isLong: boolean) => void;
  /** Called when a round has no more runs. */
  readonly onRoundEnd: () => void;
  readonly waitUntil: (work: Promise<void>) => void;
}

/** How many members of a run are compared to find the shortest lane. */
const MAX_COMPARED = 16;

/**
 * Runs queries in rounds. Members take turns, and a round yields to the event loop every few milliseconds, so that a
 * member with many queries does not delay the results and calls of others. A query never runs twice at the same time.
 */
export function createRunScheduler<TRun extends object>(options: RunSchedulerOptions<TRun>) {
  const { prepare, membersOf, work, onRunEnd, onYield, onRoundEnd, waitUntil } = options;
  const waiting = createFairQueue<TRun>();
  /** When each run began, in milliseconds since the epoch. */
  const running = new Map<TRun, number>();
  const rerun = new Set<TRun>();
  /** Runs that run again after they have ended, if one of these is true then. Their results are not outdated. */
  const repeats = new Map<TRun, (() => boolean)[]>();
  let isRound = false;
  let onChange = (): void => {};

  async function start(run: TRun): Promise<void> {
    running.set(run, Date.now());
    await work(run);
    running.delete(run);
    const isRepeated = repeats.get(run)?.some((isNeeded) => isNeeded()) ?? false;
    repeats.delete(run);
    if (rerun.delete(run) || isRepeated) runScheduler.add(run);
    onRunEnd();
    onChange();
    // A run may end after its round: then another round reports it.
    runScheduler.request();
  }

  /** Waits until a run ends or is added. Returns true if neither happens within `RUN_TIMEOUT_MS`. */
  async function isStuck(): Promise<boolean> {
    const timer = new AbortController();
    const changed = new Promise<false>((resolve) => (onChange = () => resolve(false)));
    const timedOut = scheduler.wait(RUN_TIMEOUT_MS, { signal: timer.signal }).then(
      () => true,
      () => false,
    );
    const isTimeout = await Promise.race([changed, timedOut]);
    timer.abort();
    return isTimeout;
  }

  async function runAll(): Promise<void> {
    const slice = createSlice();
    let reportedAt = Date.now();
    let tick: Promise<unknown> | undefined;
    for (;;) {
      const run = waiting.take();
      if (run) {
        // A query that awaits nothing ends before the tick. Any other continues beside those that follow.
        tick ??= scheduler.wait(0).then(() => (tick = undefined));
        await Promise.race([start(run), tick]);
        slice.spend();
      } else {
        onYield(false);
        if (running.size === 0 || (await isStuck())) return;
      }
      if (!slice.isOver() || waiting.size() === 0) continue;
      const isLong = Date.now() - reportedAt >= REPORT_INTERVAL_MS;
      if (isLong) reportedAt = Date.now();
      onYield(isLong);
      await slice.next();
      prepare();
    }
  }

  async function round(): Promise<void> {
    // The round begins after this turn, so that further commits of the turn need no second run.
    await scheduler.wait(0);
    // The round includes all writes that were committed so far. Only later ones can make its results obsolete.
    prepare();
    await runAll();
    isRound = false;
    onRoundEnd();
    if (waiting.size() > 0) runScheduler.request();
  }

  /** Chooses the member with the shortest lane among those that a run is for. */
  function laneOf(run: TRun): string {
    let shortest: { readonly member: string; readonly length: number } | undefined;
    let compared = 0;
    for (const member of membersOf(run)) {
      const length = waiting.lengthOf(member);
      if (!shortest || length < shortest.length) shortest = { member, length };
      if (shortest.length === 0 || ++compared === MAX_COMPARED) break;
    }
    return shortest?.member ?? "";
  }

  const runScheduler = {
    /** Whether a write touched the query while it ran, so that its result may mix two states. */
    isOutdated: (run: TRun): boolean => rerun.has(run),

    /** Whether a committed write is not yet part of a run's result. A run that takes longer than a second counts as done. */
    isPending(run: TRun): boolean {
      if (waiting.has(run)) return true;
      const startedAt = running.get(run);
      return startedAt !== undefined && Date.now() - startedAt < RUN_TIMEOUT_MS;
    },

    /** Adds a run after a write touched its query. If the query is running, it runs again afterwards. */
    add(run: TRun): void {
      if (running.has(run)) rerun.add(run);
      else runScheduler.ensure(run);
    },

    /**
     * If a query is running, runs it again afterwards if that is still necessary then: a socket that became ready may have
     * missed the result. Returns whether the query is running.
     */
    repeatIf(run: TRun, isNeeded: () => boolean): boolean {
      if (!running.has(run)) return false;
      const known = repeats.get(run);
      if (known) known.push(isNeeded);
      else repeats.set(run, [isNeeded]);
      return true;
    },

    /** Adds a run, unless it is running or waits already. */
    ensure(run: TRun): void {
      if (running.has(run) || waiting.has(run)) return;
      waiting.add(laneOf(run), run);
      onChange();
      runScheduler.request();
    },

    /** Starts a round, unless one is in progress. */
    request(): void {
      if (isRound) return;
      isRound = true;
      waitUntil(inSpan("userdo.round", {}, round));
    },

    remove(run: TRun): void {
      waiting.delete(run);
      rerun.delete(run);
      repeats.delete(run);
    },
  };
  return runScheduler;
}
