import { createFairQueue } from "./create-fair-queue.js";
import { createSlice } from "./time-slice.js";

export interface FairWorkOptions<TItem> {
  readonly memberOf: (item: TItem) => string;
  /** Processes some items, synchronously. */
  readonly work: (items: readonly TItem[]) => void;
  readonly waitUntil: (work: Promise<void>) => void;
}

/**
 * Processes items of members in turn, a slice at a time. The first slice runs in the event that added the items. Between
 * slices the event loop handles other calls.
 */
export function createFairWork<TItem>({ memberOf, work, waitUntil }: FairWorkOptions<TItem>) {
  const waiting = createFairQueue<TItem>();
  let isRunning = false;

  async function runAll(): Promise<void> {
    // Waits until the current code has added all its items.
    await Promise.resolve();
    try {
      const slice = createSlice();
      while (waiting.size() > 0) {
        const items: TItem[] = [];
        const limit = slice.rest();
        for (let item = waiting.take(); item !== undefined; item = items.length < limit ? waiting.take() : undefined) {
          items.push(item);
          slice.spend();
        }
        work(items);
        if (waiting.size() > 0) await slice.next();
      }
    } finally {
      isRunning = false;
    }
  }

  return {
    /** Adds an item, unless it is already waiting. */
    add(item: TItem): void {
      waiting.add(memberOf(item), item);
      if (isRunning) return;
      isRunning = true;
      waitUntil(runAll());
    },
  };
}
