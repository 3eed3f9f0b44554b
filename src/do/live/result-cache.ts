import type { CacheMemory } from "../connections/memory-budget.js";
import type { LiveResultOptions, ResultVersion } from "./live-result.js";
import type { LiveRun } from "./live-run.js";

/** Bytes of memory for each byte on the wire: the text of a row, its values, and the objects that contain both. */
const HEAP_PER_BYTE = 3;

/**
 * Caches the last result of each run, to compute the changes of the next one. The cache uses only memory that the sockets leave
 * free. When memory becomes scarce, it drops the oldest results, and their clients receive the next result as a whole.
 */
export function createResultCache(memory: CacheMemory) {
  /** The least recently published result is first. */
  const cached = new Map<LiveRun, ResultVersion>();
  let bytes = 0;

  const costOf = (version: ResultVersion): number => version.bytes * HEAP_PER_BYTE;

  function remove(run: LiveRun): void {
    const version = cached.get(run);
    if (!version) return;
    cached.delete(run);
    bytes -= costOf(version);
  }

  function dropOldest(): void {
    for (const run of cached.keys()) {
      if (bytes <= memory.limit()) break;
      remove(run);
    }
    memory.resize(bytes);
  }
  memory.onScarce(dropOldest);

  /** Caches the result of a run in place of the earlier one, unless it would need most of the memory. */
  function set(run: LiveRun, version: ResultVersion): void {
    remove(run);
    if (costOf(version) <= memory.limit() / 2) {
      cached.set(run, version);
      bytes += costOf(version);
    }
    dropOldest();
  }

  const resultCache = {
    /** Returns how to serialize the next result of a run. */
    optionsFor: (run: LiveRun): LiveResultOptions => ({ previous: cached.get(run), keeps: hasReader(run) }),

    /**
     * Caches the result that was sent last. A result that no client received does not replace one that a client still has.
     *
     * @param version `undefined` if the result has no rows
     */
    update(run: LiveRun, version: ResultVersion | undefined): void {
      if (version && hasReader(run, version.hash)) set(run, version);
      else if (!version || !hasReader(run, cached.get(run)?.hash)) resultCache.delete(run);
    },

    delete(run: LiveRun): void {
      remove(run);
      memory.resize(bytes);
    },
  };
  return resultCache;
}

/** Whether a subscription of a run reads deltas, and its client has the result with the hash, if one is given. */
function hasReader({ subscribers }: LiveRun, hash?: string): boolean {
  for (const { stored } of subscribers) {
    if (stored.readsDeltas && (hash === undefined || stored.live?.hash === hash)) return true;
  }
  return false;
}
