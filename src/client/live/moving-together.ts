/** Something with news that is not on the page yet. */
export interface Shown {
  /** Whose object it comes from. */
  readonly organizationId: string | undefined;
  /** What it was told so far belongs on the page together. */
  ready(): void;
  /** Puts what is ready on the page. */
  show(): void;
}

export interface MovingTogetherOptions {
  readonly batch: (run: () => void) => void;
  /** Called in the batch of what is shown. */
  readonly onShow: () => void;
}

/**
 * How long news waits for the word that all of it has come, in milliseconds. The server gives its slowest queries a
 * second.
 */
const PATIENCE = 2_000;

/**
 * Holds what the queries of one owner are told until all of them know: then it goes on the page at once. While an
 * optimistic change is under way, everything waits for its outcome, within bounds.
 */
export function createMovingTogether({ batch, onShow }: MovingTogetherOptions) {
  const told = new Set<Shown>();
  const ready = new Set<Shown>();
  const holds = new Set<object>();
  let patience: ReturnType<typeof setTimeout> | undefined;

  function makeReady(those: Iterable<Shown>): void {
    for (const each of those) {
      told.delete(each);
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
    clearTimeout(patience);
    patience = undefined;
    if (told.size > 0) wait();
  }

  function wait(): void {
    patience ??= setTimeout(() => {
      makeReady([...told]);
      show();
    }, PATIENCE);
  }

  return {
    /** There is news. Of two that come in a row, the later one counts. */
    add(each: Shown): void {
      told.add(each);
      wait();
    },

    /** What waited for something else than the rest of its flush is shown now, unless everything waits. */
    addLate(each: Shown): void {
      makeReady([each]);
      if (holds.size === 0) show();
    },

    remove(each: Shown): void {
      told.delete(each);
      ready.delete(each);
    },

    /** All that a flush changed has been told to this owner's queries. */
    flushed(organizationId: string | undefined): void {
      makeReady([...told].filter((each) => each.organizationId === organizationId));
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
      const bound = setTimeout(release, PATIENCE);
      return release;
    },

    /** Nothing that was under way matters any more. */
    forget(): void {
      holds.clear();
    },
  };
}

export type MovingTogether = ReturnType<typeof createMovingTogether>;
