/** Stores until when a client must answer a ping. */
export interface DeadlineStore {
  /** @param deadline in milliseconds since the epoch; `undefined` deletes the stored one */
  setDeadline(socket: WebSocket, deadline: number | undefined): void;
}

/** A ping that a client has to answer. */
export interface PongDeadline {
  /** Stores the deadline now, so that it still applies after hibernation. */
  store(): void;
  /** Ends the wait, because the client has answered. */
  onAnswer(): void;
  /** Ends the wait, but keeps a stored deadline. */
  end(): void;
}

export interface PongDeadlineOptions {
  readonly socket: WebSocket;
  /** In milliseconds since the epoch. */
  readonly until: number;
  /** Whether the deadline is stored already, because the object has woken with it. */
  readonly isStored: boolean;
  readonly onExpired: () => void;
}

interface Waiting extends PongDeadlineOptions {
  isStored: boolean;
  /** When the deadline is stored, by the monotonic clock. */
  readonly storeAt: number;
  /** When the wait ends, by the monotonic clock. */
  readonly expireAt: number;
}

/** How long a ping may be unanswered before its deadline is stored, in milliseconds. */
const STORE_AFTER_MS = 1_000;

/**
 * The deadlines of all sockets of an object. They share one timer, and are stored only if the answer takes long: most clients answer
 * within milliseconds, and each write of an attachment costs as much as a sixth of an event.
 *
 * The pending timer keeps the object awake until the deadlines, which is necessary to check and to store them. It is compared with
 * a monotonic clock: if the time of day is corrected meanwhile, a deadline would be hours away, and the object awake until then.
 */
export function createPongDeadlines(store: DeadlineStore) {
  const all = new Set<Waiting>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** When the timer fires, by the monotonic clock. */
  let timerAt = Infinity;

  const nextOf = ({ isStored, expireAt, storeAt }: Waiting): number =>
    isStored ? expireAt : Math.min(expireAt, storeAt);

  function stopTimer(): void {
    clearTimeout(timer);
    timerAt = Infinity;
  }

  function startTimer(at: number): void {
    if (at >= timerAt) return;
    clearTimeout(timer);
    timerAt = at;
    timer = setTimeout(check, at - performance.now());
  }

  function write(waiting: Waiting): void {
    if (waiting.isStored) return;
    waiting.isStored = true;
    store.setDeadline(waiting.socket, waiting.until);
  }

  function check(): void {
    timerAt = Infinity;
    const now = performance.now();
    try {
      for (const waiting of all) {
        if (waiting.expireAt <= now) {
          all.delete(waiting);
          waiting.onExpired();
        } else if (waiting.storeAt <= now) {
          write(waiting);
        }
      }
    } finally {
      let next = Infinity;
      for (const waiting of all) next = Math.min(next, nextOf(waiting));
      if (all.size > 0) startTimer(next);
    }
  }

  function end(waiting: Waiting): void {
    if (all.delete(waiting) && all.size === 0) stopTimer();
  }

  return {
    add(options: PongDeadlineOptions): PongDeadline {
      const now = performance.now();
      const expireAt = now + options.until - Date.now();
      const waiting: Waiting = { ...options, expireAt, storeAt: now + STORE_AFTER_MS };
      all.add(waiting);
      startTimer(nextOf(waiting));
      return {
        store: () => write(waiting),
        onAnswer() {
          end(waiting);
          if (waiting.isStored) store.setDeadline(waiting.socket, undefined);
        },
        end: () => end(waiting),
      };
    },
  };
}

export type PongDeadlines = ReturnType<typeof createPongDeadlines>;
