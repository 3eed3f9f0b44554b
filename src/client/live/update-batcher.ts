/** Something with news that is not on the page yet. */
export interface BatchedUpdate {
  /** Whose object it comes from. */
  readonly organizationId: string | undefined;
  /** What it was told so far belongs on the page together. */
  ready(): void;
  /** Puts what is ready on the page. */
  show(): void;
}

export interface UpdateBatcherOptions {
  readonly batch: (run: () => void) => void;
  /** Called in the batch of what is shown. */
  readonly onShow: () => void;
}

/**
 * How long news waits for the word that all of it has come, in milliseconds. The server gives its slowest queries a
 * second.
 */
const MAX_WAIT_MS = 2_000;

/**
 * Holds what the queries of one owner are told until all of them know: then it goes on the page at once. While an
 * optimistic change is under way, everything waits for its outcome, within bounds.
 */
export function createUpdateBatcher({ batch, onShow }: UpdateBatcherOptions) {
  const waiting = new Set<BatchedUpdate>();
  const ready = new Set<BatchedUpdate>();
  const holds = new Set<object>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  function makeReady(those: Iterable<BatchedUpdate>): void {
    for (const each of those) {
      waiting.delete(each);
      each.ready();
      ready.add(each);
    }
  }

  function show(): void {
    const now = [...ready];
    ready.clear();
    batch(() => {
      for (const each of now) each.show();
      onShow();
    });
    clearTimeout(timer);
    timer = undefined;
    if (waiting.size > 0) wait();
  }

  function wait(): void {
    timer ??= setTimeout(() => {
      makeReady([...waiting]);
      show();
    }, MAX_WAIT_MS);
  }

  return {
    /** There is news. Of two that come in a row, the later one counts. */
    add(each: BatchedUpdate): void {
      waiting.add(each);
      wait();
    },

    /** What waited for something else than the rest of its flush is shown now, unless everything waits. */
    addLate(each: BatchedUpdate): void {
      makeReady([each]);
      if (holds.size === 0) show();
    },

    remove(each: BatchedUpdate): void {
      waiting.delete(each);
      ready.delete(each);
    },

    /** All that a flush changed has been told to this owner's queries. */
    flushed(organizationId: string | undefined): void {
      makeReady([...waiting].filter((each) => each.organizationId === organizationId));
      if (holds.size === 0) show();
    },

    /** Lets everything wait, until the returned function is called by whoever holds last, or for as long as news does. */
    hold(): () => void {
      const mine = {};
      holds.add(mine);
      const release = (): void => {
        clearTimeout(bound);
        holds.delete(mine);
        if (holds.size === 0) show();
      };
      const bound = setTimeout(release, MAX_WAIT_MS);
      return release;
    },

    /** Nothing that was under way matters any more. */
    forget(): void {
      holds.clear();
    },
  };
}

export type UpdateBatcher = ReturnType<typeof createUpdateBatcher>;
