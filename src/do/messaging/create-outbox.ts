import type { OnError } from "../../router/error-report.js";
import type { Delivery, Receipt } from "../../shared/internal.js";
import type { Alarms } from "../lifecycle/alarms.js";
import { MAIL } from "./outbox-heads.js";
import { type DeadLetter, type OutboxMessage, type OutboxStore, type StoredOutboxMessage } from "./outbox-store.js";
import { Undeliverable } from "./undeliverable.js";

export interface OutboxOptions {
  readonly store: OutboxStore;
  /** The name of the object whose outbox it is. */
  readonly source: string;
  readonly isInitialized: () => boolean;
  readonly alarms: Pick<Alarms, "arm" | "register">;
  readonly transaction: (work: () => void) => void;
  /** Hands letters to an object, which says how many it has dealt with. */
  readonly deliver: (target: string, delivery: Delivery) => Promise<Receipt>;
  /** Hands a letter to the mail hook. */
  readonly sendMail: (message: StoredOutboxMessage) => Promise<void>;
  /**
   * Called when a target turns out to be gone, in the transaction that strikes its letters off.
   * @default nothing
   */
  readonly onGone?: (target: string) => void;
  readonly onError: OnError;
}

/** What must reach somebody else, committed together with its cause. */
export interface Outbox {
  /** Puts a letter in. Call it inside the transaction of its cause. */
  post(message: OutboxMessage): void;
  /** Takes back what still waits of a kind. Call it inside the transaction of its cause. */
  withdraw(target: string, kind: string): void;
  /** Whether anything of a kind waits for a target. */
  isWaiting(target: string, kind: string): boolean;
  /** Sends what may go now, without waiting for the alarm. Never throws. */
  flush(): Promise<void>;
  /**
   * Sends what was posted to other objects since the last time, and waits for it, but not for long: the alarm sends what
   * is left. Never throws.
   */
  flushPosted(): Promise<void> | undefined;
  /**
   * Waits, but not for long, until nothing waits for a target any more. Call it when the target has shown that it is
   * there: letters that failed are tried again at once. Never throws.
   */
  flushTarget(target: string): Promise<void>;
  /** How many letters wait, to anyone or to one target. */
  waiting(target?: string): number;
  deadLetters(): DeadLetter[];
}

/** An order of magnitude above what anyone takes who answers at all. */
const DELIVERY_TIMEOUT_MS = 30_000;
/** How long a caller waits for what it has caused to reach others. */
const FLUSH_TIMEOUT_MS = 1_000;
/** So many targets are sent to at once: the platform allows six connections. */
const MAX_PARALLEL_TARGETS = 6;
/** Messages that go to one object in one call. */
const MAX_MESSAGES_PER_CALL = 20;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 15 * 60_000;
/** The attempts of about two days. */
const MAX_ATTEMPTS = 200;

/**
 * Sends letters to their targets until each has arrived or is dead: at least once, to one object in order, with
 * growing pauses. The one who receives them tells by source and number which it had already.
 */
export function createOutbox(options: OutboxOptions): Outbox {
  const { store, source, isInitialized, alarms, transaction, deliver, sendMail, onGone, onError } = options;
  const busy = new Map<string, Promise<void>>();
  let posted = false;

  async function send(head: StoredOutboxMessage): Promise<void> {
    if (head.expiresAt !== undefined && head.expiresAt <= Date.now()) {
      return recordOutcome([], head, new Undeliverable("It was not worth sending any more."));
    }
    const messages = head.target === MAIL ? [head] : store.from(head, MAX_MESSAGES_PER_CALL);
    const { done, error, gone } = await attempt(head, messages).catch(failed);
    recordOutcome(messages.slice(0, done), messages[done], error ?? "There was no reason given.", gone);
  }

  async function attempt(head: StoredOutboxMessage, messages: readonly StoredOutboxMessage[]): Promise<Attempt> {
    if (head.target !== MAIL) return within(DELIVERY_TIMEOUT_MS, deliverMessages(head.target, messages));
    await within(DELIVERY_TIMEOUT_MS, sendMail(head));
    return { done: 1 };
  }

  const deliverMessages = (target: string, messages: readonly StoredOutboxMessage[]): Promise<Receipt> =>
    deliver(target, {
      source: `${source} ${store.life()}`,
      letters: messages.map(({ seq, kind, payload }) => ({ seq, kind, payload })),
    });

  function recordOutcome(
    arrived: readonly StoredOutboxMessage[],
    failed: StoredOutboxMessage | undefined,
    error: unknown,
    gone = false,
  ): void {
    // Whoever was erased meanwhile has nothing left to send.
    if (!isInitialized()) return;
    transaction(() => {
      for (const message of arrived) store.remove(message);
      const [first] = arrived;
      if (gone && first) onGone?.(first.target);
      if (!failed || !store.has(failed)) return;
      const due = error instanceof Undeliverable ? undefined : retryAt(failed.attempts, Date.now());
      if (due === undefined) store.bury(failed, messageOf(error), Date.now());
      else store.postpone(failed, due);
      if (due === undefined || failed.attempts === 0) report(failed, error, due === undefined);
    });
  }

  function report({ target, kind }: StoredOutboxMessage, cause: unknown, dead: boolean): void {
    const outcome = dead ? "is a dead letter" : "could not be delivered yet, and is tried again";
    const to = target === MAIL ? "the mail hook" : target.split(":", 1).join();
    onError({
      error: new Error(`A letter "${kind}" to ${to} ${outcome}: ${messageOf(cause)}`, { cause }),
      requestId: crypto.randomUUID(),
      path: "(outbox)",
      type: undefined,
    });
  }

  /** One sending at a time to each target: a letter in flight is not sent again beside itself. */
  function once(head: StoredOutboxMessage): Promise<void> {
    const key = keyOf(head);
    const running = busy.get(key);
    if (running) return running;
    const work = send(head).finally(() => busy.delete(key));
    busy.set(key, work);
    return work;
  }

  /** Sends all that is due: one that does not answer holds up none but those to the same target. */
  async function dispatch(withMail: boolean): Promise<void> {
    const running = new Map<string, Promise<void>>();
    for (;;) {
      const heads = isInitialized() ? store.heads(Date.now(), MAX_PARALLEL_TARGETS + running.size, withMail) : [];
      for (const head of heads) {
        const key = keyOf(head);
        if (running.has(key) || running.size >= MAX_PARALLEL_TARGETS) continue;
        running.set(
          key,
          once(head).finally(() => running.delete(key)),
        );
      }
      if (running.size === 0) return;
      await Promise.race(running.values());
    }
  }

  async function flush(withMail: boolean): Promise<void> {
    try {
      await dispatch(withMail);
    } catch (error) {
      onError({ error: asError(error), requestId: crypto.randomUUID(), path: "(outbox)", type: undefined });
    }
    if (isInitialized()) alarms.arm();
  }

  const briefly = (): Promise<void> => within(FLUSH_TIMEOUT_MS, flush(false)).catch(() => {});

  alarms.register({
    name: "outbox",
    due: () => (isInitialized() ? store.due() : undefined),
    run: () => dispatch(true),
  });

  return {
    post(message) {
      store.add(message, Date.now());
      if (message.target !== MAIL) posted = true;
      alarms.arm();
    },
    withdraw(target, kind) {
      store.removeOf(target, kind);
      alarms.arm();
    },
    isWaiting: store.hasKind,
    flush: () => flush(true),
    flushPosted() {
      if (!posted) return undefined;
      posted = false;
      return briefly();
    },
    async flushTarget(target) {
      if (store.waitingFor(target) === 0) return;
      store.hurry(target, Date.now());
      await briefly();
    },
    waiting: (target) => (target === undefined ? store.waiting() : store.waitingFor(target)),
    deadLetters: () => (isInitialized() ? store.dead() : []),
  };
}

interface Attempt {
  readonly done: number;
  readonly error?: unknown;
  readonly gone?: boolean;
}

function failed(error: unknown): Attempt {
  return { done: 0, error };
}

function keyOf({ target, seq }: StoredOutboxMessage): string {
  return target === MAIL ? `${MAIL} ${seq}` : target;
}

async function within<TResult>(patience: number, work: Promise<TResult>): Promise<TResult> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`There was no answer within ${patience / 1000} s.`)), patience);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

/** The first line of an error, for a list that an operator reads. */
function messageOf(error: unknown): string {
  return asError(error).message.split("\n", 1).join().slice(0, 200);
}

/** When to retry after earlier attempts: pauses double, up to 15 minutes. `undefined` after the last attempt. */
function retryAt(attempts: number, now: number): number | undefined {
  if (attempts + 1 >= MAX_ATTEMPTS) return undefined;
  return now + Math.min(FIRST_RETRY_MS * 2 ** attempts, LONGEST_RETRY_MS);
}
