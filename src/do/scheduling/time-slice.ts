/** Target duration of a slice, in milliseconds: about how long other calls wait for it. */
const SLICE_MS = 8;
const MAX_UNITS = 256;
const INITIAL_UNITS = 16;
/** With fewer units, work would be slow on a busy machine, where the time of other processes counts as work. */
const MIN_UNITS = 4;

const waitForLoop = (): Promise<void> => scheduler.wait(0);

/** The work that is done in one turn of the event loop. */
export interface Slice {
  /**
   * Counts units of work.
   * @param units 1 by default
   */
  spend(units?: number): void;
  isOver(): boolean;
  /** The number of units that remain in the slice, at least one. */
  rest(): number;
  /** Yields to the event loop, which handles other calls, and starts the next slice. */
  next(): Promise<void>;
  /** Starts the next slice without a yield. For when the event loop has already handled other calls since this one started. */
  restart(): void;
  /** Restarts if this slice was not longer than its target. Returns whether it did. */
  restartIfShort(): boolean;
}

/**
 * Divides work into slices of about 8 milliseconds. A slice is measured in units, because clocks of the runtime stand still
 * while code runs. Its duration is known only after it, and decides how many units the next slice has.
 */
export function createSlice(now: () => number = Date.now, pause: () => Promise<unknown> = waitForLoop): Slice {
  let units = INITIAL_UNITS;
  let spent = 0;
  let startedAt = now();

  function restart(): void {
    spent = 0;
    startedAt = now();
  }

  return {
    spend: (count = 1) => void (spent += count),
    isOver: () => spent >= units,
    rest: () => Math.max(1, units - spent),

    async next() {
      await pause();
      const elapsed = now() - startedAt;
      const work = elapsed > SLICE_MS ? elapsed - (await measureLatency(now, pause)) : elapsed;
      units =
        work > SLICE_MS ? Math.max(MIN_UNITS, Math.floor((units * SLICE_MS) / work)) : Math.min(MAX_UNITS, units * 2);
      restart();
    },

    restart,

    restartIfShort() {
      const isShort = now() - startedAt <= SLICE_MS;
      if (isShort) restart();
      return isShort;
    },
  };
}

/** Measures the duration of a yield. On a busy machine it is longer than the work, and smaller slices do not help. */
async function measureLatency(now: () => number, pause: () => Promise<unknown>): Promise<number> {
  const before = now();
  await pause();
  return now() - before;
}
