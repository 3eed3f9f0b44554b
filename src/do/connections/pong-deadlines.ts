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
  /** When the deadline is stored, by the clock of `createPongDeadlines`. */
  readonly storeAt: number;
  /** When the wait ends, by the same clock. */
  readonly expireAt: number;
}

/** How long a ping may be unanswered before its deadline is stored, in milliseconds. */
const STORE_AFTER_MS = 1_000;

/**
 * The deadlines of all sockets of an object. They share one timer, and are stored only if the answer takes long: most clients answer
 * within milliseconds, and each write of an attachment costs as much as a sixth of an event.
 *
 * The pending timer keeps the object awake until the deadlines, which is necessary to check and to store them. If the time of day
 * were set back meanwhile, a deadline could be hours away, and the object awake until then. In workerd, `performance.now()` returns
 * the time of day too. So the deadlines have a clock of their own, which is never set back. If the time of day is set forward, waits
 * end early, and the clients reconnect.
 */
export function createPongDeadlines(store: DeadlineStore) {
  const all = new Set<Waiting>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** When the timer fires, by the clock below. */
  let timerAt = Infinity;
  /** The last time that was read from the clock. */
  let latest = -Infinity;
  /** How far the clock is ahead of the time of day. */
  let offset = 0;

  /** Reads the clock. @param atLeast a time that has certainly passed, because a timer for it has fired */
  function readClock(atLeast = latest): number {
    const timeOfDay = Date.now();
    latest = Math.max(timeOfDay + offset, latest, atLeast);
    offset = latest - timeOfDay;
    return latest;
  }

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
    timer = setTimeout(check, at - readClock());
  }

  function write(waiting: Waiting): void {
    if (waiting.isStored) return;
    waiting.isStored = true;
    store.setDeadline(waiting.socket, waiting.until);
  }

  function check(): void {
    const now = readClock(timerAt);
    timerAt = Infinity;
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
      const now = readClock();
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
