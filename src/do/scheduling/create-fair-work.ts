import { createFairQueue } from "./create-fair-queue.js";
import { createSlice } from "./create-slice.js";

export interface FairWorkOptions<TItem> {
  readonly memberOf: (item: TItem) => string;
  /** Does the work of some items, synchronously. */
  readonly work: (items: readonly TItem[]) => void;
  readonly waitUntil: (work: Promise<void>) => void;
}

/**
 * Work that members take in turn, a slice at a time: the first in the event that added it, the others after the event loop
 * has handled the calls that came meanwhile.
 */
export function createFairWork<TItem>({ memberOf, work, waitUntil }: FairWorkOptions<TItem>) {
  const waiting = createFairQueue<TItem>();
  let isRunning = false;

  async function runAll(): Promise<void> {
    // Once all of this turn is added.
    await Promise.resolve();
    try {
      const slice = createSlice();
      while (waiting.size() > 0) {
        const items: TItem[] = [];
        const most = slice.rest();
        for (let item = waiting.take(); item !== undefined; item = items.length < most ? waiting.take() : undefined) {
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
    /** Adds an item, unless it waits already. */
    add(item: TItem): void {
      waiting.add(memberOf(item), item);
      if (isRunning) return;
      isRunning = true;
      waitUntil(runAll());
    },
  };
}
