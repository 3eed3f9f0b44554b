import type { CacheMemory } from "../connections/memory-budget.js";
import type { LiveResultOptions, ResultVersion } from "./live-result.js";
import type { LiveRun } from "./live-run.js";

/**
 * How many bytes of memory a byte on the wire costs: the text of its row and the row's values, with the objects that hold them.
 */
const HEAP_PER_BYTE = 3;

/**
 * Keeps the last result of runs, to compute what the next one changes. The results use only memory that the sockets leave free. When
 * it becomes scarce, the oldest are dropped: clients then receive whole results once.
 */
export function createKeptResults(memory: CacheMemory) {
  /** The least recently published result is first. */
  const kept = new Map<LiveRun, ResultVersion>();
  let bytes = 0;

  const costOf = (version: ResultVersion): number => version.bytes * HEAP_PER_BYTE;

  function remove(run: LiveRun): void {
    const version = kept.get(run);
    if (!version) return;
    kept.delete(run);
    bytes -= costOf(version);
  }

  function dropOldest(): void {
    for (const run of kept.keys()) {
      if (bytes <= memory.limit()) break;
      remove(run);
    }
    memory.resize(bytes);
  }
  memory.onScarce(dropOldest);

  /** Keeps the result of a run in place of the earlier one, unless it would need most of the memory. */
  function set(run: LiveRun, version: ResultVersion): void {
    remove(run);
    if (costOf(version) <= memory.limit() / 2) {
      kept.set(run, version);
      bytes += costOf(version);
    }
    dropOldest();
  }

  const results = {
    /** Returns how to serialize the next result of a run. */
    optionsFor: (run: LiveRun): LiveResultOptions => ({ previous: kept.get(run), keeps: hasReader(run) }),

    /**
     * Keeps the result that was sent last. A result that no client received does not replace one that a client still has.
     *
     * @param version `undefined` if the result has no rows
     */
    update(run: LiveRun, version: ResultVersion | undefined): void {
      if (version && hasReader(run, version.hash)) set(run, version);
      else if (!version || !hasReader(run, kept.get(run)?.hash)) results.delete(run);
    },

    delete(run: LiveRun): void {
      remove(run);
      memory.resize(bytes);
    },
  };
  return results;
}

/** Whether a subscription of a run reads deltas, and its client has the result with the hash, if one is given. */
function hasReader({ subscribers }: LiveRun, hash?: string): boolean {
  for (const { stored } of subscribers) {
    if (stored.readsDeltas && (hash === undefined || stored.live?.hash === hash)) return true;
  }
  return false;
}
