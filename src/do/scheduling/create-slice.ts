/** How long a slice of work may take, in milliseconds. Calls of others wait for no longer than about this. */
const SLICE_MS = 8;
const MOST_UNITS = 256;
const FIRST_UNITS = 16;
/** Fewer would make work slow on a busy machine, where the time of other processes counts as work here. */
const FEWEST_UNITS = 4;

/** A piece of work that is done in one turn of the event loop. */
export interface Slice {
  /** Counts one unit of work. */
  spend(): void;
  isOver(): boolean;
  /** How many units the slice may still take. At least one. */
  rest(): number;
  /** Yields to the event loop, so that calls of others are handled, and begins the next slice. */
  next(): Promise<void>;
}

/**
 * Divides work into slices of about 8 milliseconds. A slice counts units, because no clock of the runtime moves while code
 * runs: the time that a slice took is known after it, and decides how many units the next one has.
 */
export function createSlice(now: () => number = Date.now): Slice {
  let units = FIRST_UNITS;
  let spent = 0;
  let startedAt = now();

  return {
    spend: () => void spent++,
    isOver: () => spent >= units,
    rest: () => Math.max(1, units - spent),

    async next() {
      await scheduler.wait(0);
      const elapsed = now() - startedAt;
      const work = elapsed > SLICE_MS ? elapsed - (await measureLatency(now)) : elapsed;
      units =
        work > SLICE_MS
          ? Math.max(FEWEST_UNITS, Math.floor((units * SLICE_MS) / work))
          : Math.min(MOST_UNITS, units * 2);
      spent = 0;
      startedAt = now();
    },
  };
}

/** How long a yield takes by itself. On a busy machine that is longer than the work, and smaller slices do not help. */
async function measureLatency(now: () => number): Promise<number> {
  const before = now();
  await scheduler.wait(0);
  return now() - before;
}
