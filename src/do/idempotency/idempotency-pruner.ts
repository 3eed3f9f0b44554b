import type { AlarmTask } from "../lifecycle/alarms.js";
import type { IdempotencyStore } from "./idempotency-store.js";

/** Age at which a key is deleted. Above the limits, keys are deleted earlier. */
const MAX_AGE_MS = 24 * 60 * 60_000;
/** Pause between two runs, so that a steady flow of mutations does not wake the object for each of them a day later. */
const PAUSE_MS = 60 * 60_000;
const MAX_KEYS = 10_000;
const MAX_BYTES = 8 * 1_048_576;
/** The part of the limits that is left after pruning. A run reads all rows, so it must not follow each few new keys. */
const KEPT_SHARE = 0.8;
/** The fewest new keys between two measurements, which read all rows. */
const KEYS_PER_CHECK = 512;
/** The fewest bytes of new keys and replies between two measurements. */
const BYTES_PER_CHECK = 1_048_576;

export interface IdempotencyPrunerOptions {
  readonly store: Pick<
    IdempotencyStore,
    "measure" | "oldest" | "deleteBefore" | "deleteAbove" | "pruneTime" | "setPruneTime"
  >;
  readonly isInitialized: () => boolean;
  /** Sets the alarm of the object. */
  readonly arm: () => void;
}

/** Prunes keys by alarm: by age, and the oldest above the limits. */
export type IdempotencyPruner = ReturnType<typeof createIdempotencyPruner>;

export function createIdempotencyPruner({ store, isInitialized, arm }: IdempotencyPrunerOptions) {
  let isScheduled = false;
  // Random, so that an object that wakes often for a few mutations is measured too.
  let keysLeft = Math.ceil(Math.random() * KEYS_PER_CHECK);
  let bytesLeft = BYTES_PER_CHECK;

  function setPruneTime(due: number): void {
    store.setPruneTime(due);
    arm();
  }

  /** Measures, and measures again when the limits can be exceeded. */
  function isAboveLimits(): boolean {
    const { count, bytes } = store.measure();
    keysLeft = Math.max(MAX_KEYS + 1 - count, KEYS_PER_CHECK);
    bytesLeft = Math.max(MAX_BYTES - bytes, BYTES_PER_CHECK);
    return count > MAX_KEYS || bytes > MAX_BYTES;
  }

  const task: AlarmTask = {
    name: "idempotency keys",
    due: () => (isInitialized() ? store.pruneTime() : undefined),
    run(now) {
      store.deleteBefore(now - MAX_AGE_MS);
      if (isAboveLimits()) {
        store.deleteAbove(MAX_KEYS * KEPT_SHARE, MAX_BYTES * KEPT_SHARE);
        keysLeft = MAX_KEYS * (1 - KEPT_SHARE);
        bytesLeft = MAX_BYTES * (1 - KEPT_SHARE);
      }
      const oldest = store.oldest();
      isScheduled = oldest !== undefined;
      store.setPruneTime(oldest === undefined ? undefined : Math.max(oldest + MAX_AGE_MS + 1, now + PAUSE_MS));
    },
  };

  return {
    task,
    /** Call it in the transaction that stores a key, or its reply. */
    onPut(bytes: number, { isFirst }: { readonly isFirst: boolean }): void {
      if (isFirst && !isScheduled) {
        // The transaction can be rolled back, so only the next key shows whether the time was stored.
        isScheduled = store.pruneTime() !== undefined;
        if (!isScheduled) setPruneTime(Date.now() + MAX_AGE_MS + PAUSE_MS);
      }
      if (isFirst) keysLeft--;
      bytesLeft -= bytes;
      if (keysLeft > 0 && bytesLeft > 0) return;
      if (isAboveLimits()) setPruneTime(Date.now());
    },
  };
}
