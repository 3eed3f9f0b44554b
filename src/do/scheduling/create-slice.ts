/** How long a slice of work may take, in milliseconds. Calls of others wait for no longer than about this. */
const SLICE_MS = 8;
const MOST_UNITS = 256;
const FIRST_UNITS = 16;
/** Fewer would make work slow on a busy machine, where the time of other processes counts as work here. */
const FEWEST_UNITS = 4;

const waitForLoop = (): Promise<void> => scheduler.wait(0);

/** A piece of work that is done in one turn of the event loop. */
export interface Slice {
  /**
   * Counts units of work.
   * @default 1
   */
  spend(units?: number): void;
  isOver(): boolean;
  /** How many units the slice may still take. At least one. */
  rest(): number;
  /** Yields to the event loop, so that calls of others are handled, and begins the next slice. */
  next(): Promise<void>;
  /** Begins the next slice without a yield, because the event loop has handled other calls since this one began. */
  restart(): void;
  /** Does the same if this slice took no longer than one should. Returns whether it did. */
  restartIfShort(): boolean;
}

/**
 * Divides work into slices of about 8 milliseconds. A slice counts units, because no clock of the runtime moves while code
 * runs: the time that a slice took is known after it, and decides how many units the next one has.
 */
export function createSlice(now: () => number = Date.now, pause: () => Promise<unknown> = waitForLoop): Slice {
  let units = FIRST_UNITS;
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
        work > SLICE_MS
          ? Math.max(FEWEST_UNITS, Math.floor((units * SLICE_MS) / work))
          : Math.min(MOST_UNITS, units * 2);
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

/** How long a yield takes by itself. On a busy machine that is longer than the work, and smaller slices do not help. */
async function measureLatency(now: () => number, pause: () => Promise<unknown>): Promise<number> {
  const before = now();
  await pause();
  return now() - before;
}
