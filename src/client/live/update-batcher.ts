import type { OwnerKey } from "../procedure-owners.js";

/** A query with results that the page does not show yet. */
export interface BatchedUpdate {
  /** Returns the owner of the object that sent the results. */
  owner(): OwnerKey;
  /** Selects the results so far, to show them together. */
  prepare(): void;
  /** Shows the selected results. */
  show(): void;
}

export interface UpdateBatcherOptions {
  readonly batch: (run: () => void) => void;
  /** Called in the batch that shows the results. */
  readonly onShow: () => void;
}

/**
 * How long results wait for the end of their flush, in milliseconds. The server waits one second for its slowest queries.
 */
const MAX_WAIT_MS = 2_000;

/**
 * Buffers the results of an owner's queries until the flush is complete, and then shows them in one batch. While an optimistic
 * change is pending, all results wait for its outcome, up to a limit.
 */
export function createUpdateBatcher({ batch, onShow }: UpdateBatcherOptions) {
  const waiting = new Set<BatchedUpdate>();
  const prepared = new Set<BatchedUpdate>();
  const pauses = new Set<object>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  function prepareAll(updates: Iterable<BatchedUpdate>): void {
    for (const update of updates) {
      waiting.delete(update);
      update.prepare();
      prepared.add(update);
    }
  }

  function show(): void {
    const now = [...prepared];
    prepared.clear();
    batch(() => {
      for (const update of now) update.show();
      onShow();
    });
    clearTimeout(timer);
    timer = undefined;
    if (waiting.size > 0) wait();
  }

  function wait(): void {
    timer ??= setTimeout(() => {
      prepareAll([...waiting]);
      show();
    }, MAX_WAIT_MS);
  }

  return {
    /** Adds a query with a new result. A later result replaces an earlier one. */
    add(update: BatchedUpdate): void {
      waiting.add(update);
      wait();
    },

    /** Shows a result that does not wait for its flush, unless updates are paused. */
    addLate(update: BatchedUpdate): void {
      prepareAll([update]);
      if (pauses.size === 0) show();
    },

    remove(update: BatchedUpdate): void {
      waiting.delete(update);
      prepared.delete(update);
    },

    /** Called when the server has delivered all results of a flush to this owner's queries. */
    onFlush(owner: OwnerKey): void {
      prepareAll([...waiting].filter((update) => update.owner() === owner));
      if (pauses.size === 0) show();
    },

    /** Pauses all updates until each caller has called the returned function, or for at most `MAX_WAIT_MS`. */
    pause(): () => void {
      const pause = {};
      pauses.add(pause);
      const resume = (): void => {
        clearTimeout(timeout);
        pauses.delete(pause);
        if (pauses.size === 0) show();
      };
      const timeout = setTimeout(resume, MAX_WAIT_MS);
      return resume;
    },

    /** Ends all pauses, because the signed-in user changed. */
    reset(): void {
      pauses.clear();
    },
  };
}

export type UpdateBatcher = ReturnType<typeof createUpdateBatcher>;
