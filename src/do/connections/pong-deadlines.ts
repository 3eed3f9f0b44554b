/** Stores until when a client must answer a ping. */
export interface DeadlineStore {
  /** @param deadline in milliseconds since the epoch; `undefined` deletes the stored one */
  setDeadline(socket: WebSocket, deadline: number | undefined): void;
}

export interface PingOptions {
  readonly socket: WebSocket;
  /** In milliseconds since the epoch. */
  readonly until: number;
  /** Whether the deadline is stored already, because the object has woken with it. */
  readonly isStored: boolean;
  readonly onExpired: () => void;
}

/** A ping that a client has to answer. */
export interface PendingPing extends PingOptions {
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
  const pendingPings = new Set<PendingPing>();
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

  const nextOf = ({ isStored, expireAt, storeAt }: PendingPing): number =>
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

  /** Stores a deadline now, so that it still applies after hibernation. */
  function storeDeadline(ping: PendingPing): void {
    if (ping.isStored) return;
    ping.isStored = true;
    store.setDeadline(ping.socket, ping.until);
  }

  function check(): void {
    const now = readClock(timerAt);
    timerAt = Infinity;
    try {
      for (const ping of pendingPings) {
        if (ping.expireAt <= now) {
          pendingPings.delete(ping);
          ping.onExpired();
        } else if (ping.storeAt <= now) {
          storeDeadline(ping);
        }
      }
    } finally {
      let next = Infinity;
      for (const ping of pendingPings) next = Math.min(next, nextOf(ping));
      if (pendingPings.size > 0) startTimer(next);
    }
  }

  /** Ends a wait, but keeps a stored deadline. */
  function end(ping: PendingPing): void {
    if (pendingPings.delete(ping) && pendingPings.size === 0) stopTimer();
  }

  return {
    add(options: PingOptions): PendingPing {
      const now = readClock();
      const expireAt = now + options.until - Date.now();
      const ping: PendingPing = { ...options, expireAt, storeAt: now + STORE_AFTER_MS };
      pendingPings.add(ping);
      startTimer(nextOf(ping));
      return ping;
    },

    store: storeDeadline,
    end,

    /** Ends a wait, because the client has answered. */
    onAnswer(ping: PendingPing): void {
      end(ping);
      if (ping.isStored) store.setDeadline(ping.socket, undefined);
    },
  };
}

export type PongDeadlines = ReturnType<typeof createPongDeadlines>;
