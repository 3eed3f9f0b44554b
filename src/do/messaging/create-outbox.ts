import { outcomeOfCause, succeeded } from "../../router/call-outcome.js";
import type { OnError } from "../../router/error-report.js";
import type { Delivery, Receipt } from "../../shared/internal.js";
import { objectFailureOf } from "../../shared/object-failure.js";
import type { Alarms } from "../lifecycle/alarms.js";
import { within } from "../lifecycle/within.js";
import type { Observer } from "../signals/observer.js";
import { MAIL } from "./outbox-heads.js";
import { type DeadLetter, type OutboxMessage, type OutboxStore, type StoredOutboxMessage } from "./outbox-store.js";
import { Undeliverable } from "./undeliverable.js";

export interface OutboxOptions {
  readonly store: OutboxStore;
  /** The name of the object that sends the messages. */
  readonly source: string;
  readonly isInitialized: () => boolean;
  readonly alarms: Pick<Alarms, "arm" | "register">;
  readonly transaction: (work: () => void) => void;
  /** Delivers messages to an object. Resolves to how many of them the object has handled. */
  readonly deliver: (target: string, delivery: Delivery) => Promise<Receipt>;
  /** Passes a mail to the mail hook. @throws Undeliverable if a retry cannot help */
  readonly sendMail: (message: StoredOutboxMessage) => Promise<void>;
  /**
   * Called when a target does not exist any more, in the transaction that deletes the messages to it.
   * @default nothing
   */
  readonly onTargetGone?: (target: string) => void;
  readonly onError: OnError;
  /**
   * Reports each delivery.
   * @default nothing
   */
  readonly observer?: Observer | undefined;
}

/** Messages to other objects and mails. They commit with their cause, and are sent afterwards. */
export interface Outbox {
  /** Adds a message. Call it inside the transaction of its cause. */
  post(message: OutboxMessage): void;
  /** Deletes the pending messages of a kind to a target. Call it inside the transaction of its cause. */
  deletePending(target: string, kind: string): void;
  /** Whether a message of a kind to a target is pending. */
  hasPending(target: string, kind: string): boolean;
  /** Sends the messages that are due, without waiting for the alarm. Never throws. */
  flush(): Promise<void>;
  /**
   * Sends messages to other objects if some were posted since the last call, and waits for at most a second. The alarm sends the
   * rest. Returns `undefined` if none were posted. Never throws.
   */
  flushPosted(): Promise<void> | undefined;
  /**
   * Sends the pending messages to a target, and waits for at most a second. Call it when the target is known to be available:
   * messages that failed are retried at once. Never throws.
   */
  flushTarget(target: string): Promise<void>;
  /** The number of pending messages, in total or to one target. */
  countPending(target?: string): number;
  deadLetters(): DeadLetter[];
  /**
   * Posts the message of a dead letter again. Call it inside a transaction.
   *
   * @param renew returns what is posted instead of the message, because newer messages may have been delivered since
   * @returns whether the dead letter exists, and its content is stored
   */
  retryDeadLetter(id: string, renew: (message: OutboxMessage) => readonly OutboxMessage[]): boolean;
}

/** Time limit of one delivery. Ten times as long as a slow target needs. */
const DELIVERY_TIMEOUT_MS = 30_000;
/** How long a call waits until the messages that it posted are delivered. */
const FLUSH_TIMEOUT_MS = 1_000;
/** How many targets are sent to at once. The platform allows six connections. */
const MAX_PARALLEL_TARGETS = 6;
/** Most messages that are sent to an object in one call. */
const MAX_MESSAGES_PER_CALL = 20;
const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 15 * 60_000;
/** After about two days of retries, a message becomes a dead letter. */
const MAX_ATTEMPTS = 200;

/**
 * Sends each message at least once, until it is delivered or becomes a dead letter. Messages to one object arrive in order. The
 * pauses between retries grow. The inbox of the receiver recognizes duplicates by their source and number.
 */
export function createOutbox(options: OutboxOptions): Outbox {
  const { store, source, isInitialized, alarms, transaction, deliver, sendMail, onTargetGone, onError, observer } =
    options;
  /** The delivery that is running to each target. */
  const deliveries = new Map<string, Promise<void>>();
  /** Whether messages to other objects were posted since the last `flushPosted`. */
  let hasPosted = false;

  async function send(head: StoredOutboxMessage): Promise<void> {
    if (head.expiresAt !== undefined && head.expiresAt <= Date.now()) {
      return recordOutcome([], head, new Undeliverable("The message expired before it was delivered."));
    }
    const messages = head.target === MAIL ? [head] : store.startingWith(head, MAX_MESSAGES_PER_CALL);
    const { done, error, gone } = await attempt(head, messages).catch(failed);
    recordOutcome(messages.slice(0, done), messages[done], error ?? "The target returned no reason.", gone);
  }

  /** Sends messages, and reports the delivery. */
  async function attempt(head: StoredOutboxMessage, messages: readonly StoredOutboxMessage[]): Promise<Attempt> {
    if (!observer) return attemptUnobserved(head, messages);
    const type = head.target === MAIL ? "mail" : "message";
    const outcomeOf = ({ error }: Attempt) => (error === undefined ? succeeded : outcomeOfCause(error));
    const run = (): Promise<Attempt> => attemptUnobserved(head, messages);
    return observer.observe({ path: `(${type}) ${head.kind}`, type }, run, outcomeOf);
  }

  async function attemptUnobserved(
    head: StoredOutboxMessage,
    messages: readonly StoredOutboxMessage[],
  ): Promise<Attempt> {
    if (head.target !== MAIL) return within(DELIVERY_TIMEOUT_MS, deliverMessages(head.target, messages));
    await within(DELIVERY_TIMEOUT_MS, sendMail(head));
    return { done: 1 };
  }

  const deliverMessages = (target: string, messages: readonly StoredOutboxMessage[]): Promise<Receipt> =>
    deliver(target, {
      source: `${source} ${store.seriesId()}`,
      letters: messages.map(({ seq, kind, payload }) => ({ seq, kind, payload })),
    });

  function recordOutcome(
    delivered: readonly StoredOutboxMessage[],
    failed: StoredOutboxMessage | undefined,
    error: unknown,
    gone = false,
  ): void {
    // If this object was deleted in the meantime, its messages were deleted too.
    if (!isInitialized()) return;
    transaction(() => {
      for (const message of delivered) store.delete(message);
      const [first] = delivered;
      if (gone && first) onTargetGone?.(first.target);
      if (!failed || !store.has(failed)) return;
      const { retryAfter = 0 } = objectFailureOf(error) ?? {};
      const due = error instanceof Undeliverable ? undefined : retryAt(failed.attempts, Date.now(), retryAfter * 1000);
      if (due === undefined) store.moveToDeadLetters(failed, messageOf(error), Date.now());
      else store.postpone(failed, due);
      if (due === undefined || failed.attempts === 0) report(failed, error, due === undefined);
    });
  }

  function report({ target, kind }: StoredOutboxMessage, cause: unknown, isDead: boolean): void {
    const outcome = isDead ? "was given up as a dead letter" : "could not be delivered and will be retried";
    const reason = isDead ? "DEAD_LETTER" : (objectFailureOf(cause)?.reason ?? "DELIVERY_FAILED");
    // The rest of an object's name identifies a user or an address, which must not be logged.
    const to = target === MAIL ? "the mail hook" : target.split(":", 1).join();
    onError({
      error: new Error(`The message "${kind}" to ${to} ${outcome}: ${messageOf(cause)}`, { cause }),
      requestId: crypto.randomUUID(),
      path: "(outbox)",
      type: undefined,
      reason,
    });
  }

  /** Starts the delivery to a target, unless one is running: a message must not be sent twice at the same time. */
  function ensureDelivery(head: StoredOutboxMessage): Promise<void> {
    const key = keyOf(head);
    const running = deliveries.get(key);
    if (running) return running;
    const work = send(head).finally(() => deliveries.delete(key));
    deliveries.set(key, work);
    return work;
  }

  /** Sends all messages that are due. A target that does not respond delays only the messages to itself. */
  async function dispatch(withMail: boolean): Promise<void> {
    const running = new Map<string, Promise<void>>();
    for (;;) {
      const heads = isInitialized() ? store.heads(Date.now(), MAX_PARALLEL_TARGETS + running.size, withMail) : [];
      for (const head of heads) {
        const key = keyOf(head);
        if (running.has(key) || running.size >= MAX_PARALLEL_TARGETS) continue;
        running.set(
          key,
          ensureDelivery(head).finally(() => running.delete(key)),
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
      const requestId = crypto.randomUUID();
      onError({ error: asError(error), requestId, path: "(outbox)", type: undefined, reason: "DELIVERY_FAILED" });
    }
    if (isInitialized()) alarms.arm();
  }

  const flushBriefly = (): Promise<void> => within(FLUSH_TIMEOUT_MS, flush(false)).catch(() => {});

  alarms.register({
    name: "outbox",
    due: () => (isInitialized() ? store.due() : undefined),
    run: () => dispatch(true),
  });

  function post(message: OutboxMessage): void {
    store.add(message, Date.now());
    if (message.target !== MAIL && message.inBackground !== true) hasPosted = true;
    alarms.arm();
  }

  return {
    post,
    deletePending(target, kind) {
      store.deleteKind(target, kind);
      alarms.arm();
    },
    hasPending: store.hasKind,
    flush: () => flush(true),
    flushPosted() {
      if (!hasPosted) return undefined;
      hasPosted = false;
      return flushBriefly();
    },
    async flushTarget(target) {
      if (store.countFor(target) === 0) return;
      store.makeDue(target, Date.now());
      await flushBriefly();
    },
    countPending: (target) => (!isInitialized() ? 0 : target === undefined ? store.count() : store.countFor(target)),
    deadLetters: () => (isInitialized() ? store.deadLetters() : []),
    retryDeadLetter(id, renew) {
      const message = store.takeDeadLetter(id);
      for (const renewed of message ? renew(message) : []) post(renewed);
      return message !== undefined;
    },
  };
}

interface Attempt {
  /** How many messages the target has handled. */
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

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

/** Returns the first line of an error's message, shortened, for the list of dead letters. */
function messageOf(error: unknown): string {
  return asError(error).message.split("\n", 1).join().slice(0, 200);
}

/**
 * Returns when to retry, in milliseconds since the epoch; `undefined` after the last attempt. Pauses double up to 15 minutes.
 *
 * @param minimumMs shortest pause, for a target that is overloaded
 */
function retryAt(attempts: number, now: number, minimumMs: number): number | undefined {
  if (attempts + 1 >= MAX_ATTEMPTS) return undefined;
  return now + Math.max(minimumMs, Math.min(FIRST_RETRY_MS * 2 ** attempts, MAX_RETRY_MS));
}
