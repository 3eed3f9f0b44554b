import type { Call, ErrorShape } from "../../shared/call.js";
import { formatCursor, type Cursor } from "../../shared/cursor.js";
import type { LiveRequest } from "../../router/live/live-request.js";
import type { StoredLive, StoredSubscription } from "../connections/attachment.js";
import type { ChangeHub } from "../change-log/change-hub.js";
import type { Flush } from "../change-log/flush.js";
import type { Connection } from "../connections/connection.js";
import type { CacheMemory } from "../connections/memory-budget.js";
import type { Frames } from "../connections/frames.js";
import type { OutputReservation } from "../connections/output-grants.js";
import type { Subscription } from "../connections/subscription.js";
import { createSocketBacklog } from "./socket-backlog.js";
import { createEventCoalescer } from "./event-coalescer.js";
import { createResultCache } from "./result-cache.js";
import { hashInEventId } from "../../shared/live-event-id.js";
import type { LiveResult, ToLiveResult } from "./live-result.js";
import {
  byCaller,
  callerKey,
  createRuns,
  membersOf,
  queryKey,
  type CallersSubscriptions,
  type LiveRun,
} from "./live-run.js";
import { ACK_BYTES, createFlushAcks, flushedFrame } from "./flush-acks.js";
import { createResultEvents, type ResultEvents } from "./result-events.js";
import { createOutputReservations, type OutputReservationsOptions } from "./output-reservations.js";
import { createProgress } from "./socket-positions.js";
import { checkCallers, readResult, type LiveRunner } from "./live-runner.js";
import { createReadIndex } from "./read-index.js";
import { createReads, isSameReads, toStoredReads, type Reads } from "./recorded-reads.js";
import { createRunScheduler } from "./run-scheduler.js";

/** How many queries of a socket run before their results are sent. Asynchronous queries run concurrently. */
const RUN_AHEAD = 16;

export interface LiveQueriesOptions {
  readonly hub: ChangeHub;
  readonly frames: Frames;
  readonly runner: LiveRunner;
  /** Returns the query of a stored subscription. */
  readonly callOf: (stored: StoredSubscription) => Call;
  readonly toResult: ToLiveResult;
  /** The memory for the last results. Clients get only the changes from a cached result to the next one. */
  readonly cacheMemory: CacheMemory;
  /** How memory is reserved for results. */
  readonly reservations: OutputReservationsOptions;
  /** Returns the error for a result of this size if it is too large for a frame; `undefined` if it fits. */
  readonly refusal: (bytes: number) => Error | undefined;
  readonly update: (subscription: Subscription, change: { readonly live: StoredLive }) => void;
  /** Ends a subscription with a frame. */
  readonly end: (subscription: Subscription, frame: string) => void;
  readonly authorizeDelivery: (connection: Connection) => boolean;
  readonly subscriptionsOf: (connection: Connection) => Iterable<Subscription>;
  /** Runs synchronous work that authorizes many sockets, and checks the access of each session once. */
  readonly withCachedChecks: (work: () => void) => void;
  readonly waitUntil: (work: Promise<void>) => void;
}

/** Keeps query results current: runs a query again after a write to data that it read, and sends the result if it changed. */
export function createLiveQueries(options: LiveQueriesOptions) {
  const { hub, frames, runner, authorizeDelivery, subscriptionsOf } = options;
  const runs = createRuns();
  const index = createReadIndex<LiveRun>(runner);
  /** The data that each unfinished run has read so far. */
  const reading = new Map<LiveRun, Reads>();
  const backlog = createSocketBacklog();
  const resultCache = createResultCache(options.cacheMemory);
  const reservations = createOutputReservations(options.reservations);
  const events = createEventCoalescer(frames);
  const flushAcks = createFlushAcks({
    send(connection) {
      const isLast = events.has(connection);
      const isWaiting = isLast ? connection.awaitsPong() : connection.isWaiting(ACK_BYTES);
      const isBehind = isWaiting || backlog.has(connection) || progress.isBehind(connection);
      if (isBehind || !authorizeDelivery(connection)) {
        events.release(connection);
        return false;
      }
      if (isLast) events.complete(connection, formatCursor(hub.head()));
      else connection.send(flushedFrame(formatCursor(hub.head())));
      return true;
    },
  });
  const sendAcks = (): void => options.withCachedChecks(flushAcks.sendAll);
  const runScheduler = createRunScheduler<LiveRun>({
    prepare: () => hub.flush(),
    membersOf,
    work: execute,
    onRunEnd() {
      // A buffered event is the last of its flush if no other query of its socket has to run.
      const connections = events.connections();
      if (connections.length === 0) return;
      options.withCachedChecks(() => {
        for (const connection of connections) {
          flushAcks.send(connection);
          events.release(connection);
        }
      });
    },
    onYield: (isLong) => {
      sendAcks();
      if (isLong) reportProgress();
    },
    onRoundEnd: sendAcks,
    waitUntil: options.waitUntil,
  });
  const progress = createProgress({ subscriptionsOf, runOf: runs.of, isPending: runScheduler.isPending });

  /** Sends sockets with unfinished queries the position up to which their results are current, when a round takes long. */
  function reportProgress(): void {
    options.withCachedChecks(() => {
      for (const connection of flushAcks.pending()) {
        if (connection.isWaiting(ACK_BYTES) || backlog.has(connection) || !authorizeDelivery(connection)) continue;
        connection.send(flushedFrame(formatCursor(progress.positionOf(connection, hub.head()))));
      }
    });
  }

  /** Runs queries of a socket's backlog, as many as its window may take. Each result that is sent starts another run. */
  function catchUp(connection: Connection): void {
    // A socket that has missed no result must not request memory.
    if (!backlog.has(connection) || connection.awaitsPong()) return;
    let started = 0;
    for (const subscription of backlog.of(connection)) {
      const run = runs.of(subscription);
      if (!run) continue;
      const needed = reservations.neededFor(run);
      if (connection.isWaiting(needed)) return;
      if (runScheduler.repeatIf(run, () => backlog.has(connection) && !connection.isWaiting(needed))) continue;
      runScheduler.ensure(run);
      if (++started === RUN_AHEAD) return;
    }
  }

  /** Removes a subscription from the backlog when it has its newest result or has ended. Runs the next query of its socket. */
  function leaveBacklog(subscription: Subscription): void {
    if (backlog.delete(subscription)) catchUp(subscription.connection);
  }

  const fail = (subscription: Subscription, error: ErrorShape): void => {
    events.release(subscription.connection);
    options.end(subscription, frames.error(subscription.stored, error));
  };

  function discard(run: LiveRun): void {
    runScheduler.remove(run);
    index.remove(run);
    progress.remove(run);
    resultCache.delete(run);
  }

  /** Moves callers to runs of their own, because each may get a different result. */
  function splitByCaller(run: LiveRun, groups: readonly CallersSubscriptions[]): void {
    for (const { caller, subscriptions } of groups) {
      const own = runs.get(run.query, callerKey(caller), () => run.call);
      for (const subscription of subscriptions) if (runs.of(subscription) === run) runs.join(own, subscription);
      schedule(own, hub.head());
    }
  }

  async function execute(run: LiveRun): Promise<void> {
    const reservation = reservations.reserve(run);
    if (!reservation) {
      // The query runs when one of the clients reads again, or the object has room for its result.
      for (const subscription of run.subscribers) backlog.add(subscription);
      return progress.remove(run);
    }
    const [first, ...others] = byCaller(run.subscribers);
    if (!first) return;
    const reads = createReads();
    reading.set(run, reads);
    progress.begin(run);
    try {
      const request = { caller: first.caller, call: run.call, recorder: reads.recorder };
      const outcome = await readResult(options, { ...request, ...resultCache.optionsFor(run) });
      if (outcome.ok && !reads.dependsOnCaller()) await checkCallers(runner, request, { others, fail });
      // The run may have read writes that were committed in the meantime. The flush shows whether it is outdated.
      hub.flush();
      if (runScheduler.isOutdated(run)) return;
      if (!outcome.ok || reads.dependsOnCaller()) splitByCaller(run, others);
      if (outcome.ok) publish(run, outcome.result, reads, callerKey(first.caller), reservation);
      else for (const subscription of first.subscriptions) fail(subscription, outcome.error);
    } catch (cause) {
      for (const subscription of run.subscribers) fail(subscription, runner.shape(run.call, cause));
    } finally {
      reservation.release();
      reading.delete(run);
      progress.end(run);
    }
  }

  /** Sends the result of a run to the subscriptions that share it. */
  function publish(
    run: LiveRun,
    result: LiveResult,
    reads: Reads,
    caller: string,
    reservation: OutputReservation,
  ): void {
    const subscribers = [...run.subscribers];
    if (subscribers.length === 0) return;
    const resultEvents = createResultEvents(result, formatCursor(hub.head()), subscribers);
    const refused = options.refusal(resultEvents.resultBytes);
    if (refused) throw refused;
    const shared = !reads.dependsOnCaller();
    // An equal run that this one was merged into keeps its own reads. They are unchanged, or it would run again.
    const isOwn = runs.changeCaller(run, shared ? undefined : caller);
    if (!isOwn) discard(run);
    const list = isOwn ? index.set(run, reads.list()) : reads.list();
    const live: StoredLive = { hash: result.hash, reads: toStoredReads(list), shared };
    reservations.recordSize(run, resultEvents.largest);
    reservation.use(resultEvents.largest);
    options.withCachedChecks(() => {
      for (const subscription of subscribers) deliver(subscription, live, resultEvents);
    });
    resultCache.update(run, result.version);
  }

  function deliver(subscription: Subscription, live: StoredLive, resultEvents: ResultEvents): void {
    const { connection, stored } = subscription;
    const { hash, reads, shared } = stored.live ?? {};
    const event = resultEvents.of(stored);
    if (connection.isWaiting(event?.bytes ?? ACK_BYTES) || !authorizeDelivery(connection))
      return backlog.add(subscription);
    if (event) {
      events.buffer(connection, stored, event.text, event.bytes);
      // tRPC's own client does not read acknowledgements from events, so it gets a separate frame.
      if (!stored.readsFlushed) events.release(connection);
      flushAcks.require(connection);
    }
    if (hash !== live.hash || shared !== live.shared || !isSameReads(reads, live.reads))
      options.update(subscription, { live });
    leaveBacklog(subscription);
  }

  function schedule(run: LiveRun, from: Cursor): void {
    progress.markPending(run, from);
    runScheduler.add(run);
  }

  return {
    /** Schedules the queries that a flush concerns. */
    onFlush(flush: Flush): void {
      for (const each of index.touched(flush)) schedule(each, flush.from);
      for (const [each, reads] of reading) if (reads.isAffectedBy(flush)) schedule(each, flush.from);
    },

    /** Adds a subscription, and runs its query for the first result. */
    add(subscription: Subscription, { lastEventId }: LiveRequest): void {
      const { connection, stored } = subscription;
      subscription.changeStored({ live: { hash: hashInEventId(lastEventId), reads: [], shared: false } });
      const run = runs.get(queryKey(stored), callerKey(connection.caller), () => options.callOf(stored));
      runs.join(run, subscription);
      flushAcks.add(connection);
      // Sent even if nothing has changed, so that the client knows how current its result is.
      flushAcks.require(connection);
      schedule(run, hub.head());
    },

    /** Restores a subscription after hibernation, without running its query. */
    restore(subscription: Subscription): void {
      const { connection, stored } = subscription;
      const { reads = [], shared = false } = stored.live ?? {};
      const run = runs.get(queryKey(stored), shared ? undefined : callerKey(connection.caller), () =>
        options.callOf(stored),
      );
      runs.join(run, subscription);
      flushAcks.add(connection);
      const known = index.of(run);
      // Subscriptions that missed a result have reads of an older run, so the reads of all are combined.
      if (!known) index.set(run, reads);
      else if (!isSameReads(known, reads)) index.set(run, [...known, ...reads]);
    },

    remove(subscription: Subscription): void {
      flushAcks.remove(subscription.connection);
      const unused = runs.leave(subscription);
      if (unused) discard(unused);
      leaveBacklog(subscription);
    },

    /** Requires an acknowledgement for a socket whose live queries are not in memory, because a write does not concern them. */
    acknowledge: flushAcks.require,
    removeConnection: flushAcks.remove,

    /** Called when the client reads again. Sends the results that it missed. */
    resume(connection: Connection): void {
      catchUp(connection);
      if (flushAcks.hasPending()) runScheduler.request();
    },

    /** Sends an acknowledgement to the sockets of a session once their live queries include what the session has written. */
    announceWrite(session: string): void {
      flushAcks.requireForSession(session);
      if (flushAcks.hasPending()) sendAcks();
    },
  };
}
