/** How long a round waits for its runs, in milliseconds. A query that awaits for longer is told when it is done. */
const PATIENCE = 1_000;
/** How often a round takes up what was touched while it ran. */
const MOST_PASSES = 5;

export interface RoundsOptions<TRun> {
  /** Called before a round's runs begin. What it adds is run with them. */
  readonly prepare: () => void;
  /** Runs one. Never throws. */
  readonly work: (run: TRun) => Promise<void>;
  /** Called when a run is through, and its round has others: it may be long until it is done. */
  readonly goesOn: () => void;
  /** Called when a round has nothing left to tell. */
  readonly done: () => void;
  readonly waitUntil: (work: Promise<void>) => void;
}

/**
 * Runs what was touched, in rounds: all that one turn commits is one round, and what is committed while a round runs
 * belongs to it. A run never overlaps with another of the same.
 */
export function createRounds<TRun extends object>({ prepare, work, goesOn, done, waitUntil }: RoundsOptions<TRun>) {
  const waiting = new Set<TRun>();
  const running = new Set<TRun>();
  const again = new Set<TRun>();
  let isRound = false;

  async function start(run: TRun): Promise<void> {
    running.add(run);
    await work(run);
    running.delete(run);
    if (running.size > 0 || waiting.size > 0 || again.has(run) || !isRound) goesOn();
    if (again.delete(run)) rounds.add(run);
    // One that took longer than its round tells what it has in one of its own.
    else rounds.request();
  }

  async function pass(): Promise<void> {
    prepare();
    const runs = [...waiting];
    waiting.clear();
    const patience = new AbortController();
    const all = Promise.all(runs.map(start)).then(() => patience.abort());
    await Promise.race([all, scheduler.wait(PATIENCE, { signal: patience.signal }).catch(() => {})]);
  }

  async function round(): Promise<void> {
    // After this turn: what else it commits is run for once.
    await scheduler.wait(0);
    for (let passes = 0; waiting.size > 0 && passes < MOST_PASSES; passes++) await pass();
    isRound = false;
    done();
    if (waiting.size > 0) rounds.request();
  }

  const rounds = {
    isIdle: (): boolean => !isRound,

    /** Whether a run was touched while it ran, so that what it found may be of two times. */
    isSpoiled: (run: TRun): boolean => again.has(run),

    add(run: TRun): void {
      if (running.has(run)) again.add(run);
      else waiting.add(run);
      rounds.request();
    },

    /** Sees to it that a round ends after now. */
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
