import type { Call, ErrorShape } from "../../shared/call.js";
import { formatCursor, type Cursor } from "../../shared/cursor.js";
import type { LiveRequest } from "../../router/live/live-request.js";
import type { StoredLive, StoredSubscription } from "../connections/attachment.js";
import type { ChangeHub, Flush } from "../change-log/change-hub.js";
import type { Connection } from "../connections/connection.js";
import type { Frames } from "../connections/frames.js";
import type { OutputReservation } from "../connections/output-grants.js";
import type { Subscription } from "../connections/subscription.js";
import { createSocketBacklog } from "./socket-backlog.js";
import { createEventCoalescer } from "./event-coalescer.js";
import { formatEventId, hashOf, type LiveResult } from "./live-result.js";
import { byCaller, callerKey, createRuns, membersOf, type CallersSubscriptions, type LiveRun } from "./live-run.js";
import { createFlushAcks, flushedFrame } from "./flush-acks.js";
import { createOutputReservations } from "./output-reservations.js";
import { createProgress } from "./progress.js";
import { readResult, type LiveRunner } from "./live-runner.js";
import { createReadIndex } from "./read-index.js";
import { createReads, type Reads } from "./reads.js";
import { createRunScheduler } from "./run-scheduler.js";
import type { ReadRecorder } from "../tables/reads/read-recorder.js";
import { isSameReads, toStoredReads } from "./stored-reads.js";

/** Most queries of one socket that run before its window has taken their results. Those that await something run side by side. */
const RUN_AHEAD = 16;

export interface LiveQueriesOptions {
  readonly hub: ChangeHub;
  readonly frames: Frames;
  readonly runner: LiveRunner;
  /** The query that a stored subscription asks for. */
  readonly requestOf: (stored: StoredSubscription) => LiveRequest;
  readonly toResult: (data: unknown) => LiveResult;
  /** How much room is reserved for a result of unknown size, in bytes. */
  readonly unknownResult: number;
  /** What to say of a result that no frame can carry; nothing for one that fits. */
  readonly refusal: (result: LiveResult) => Error | undefined;
  readonly keep: (subscription: Subscription, change: Partial<StoredSubscription>) => void;
  /** Ends a subscription with a frame. */
  readonly drop: (subscription: Subscription, frame: string) => void;
  readonly authorizeDelivery: (connection: Connection) => boolean;
  readonly subscriptionsOf: (connection: Connection) => Iterable<Subscription>;
  /** Runs work that asks for many sockets of a session, which is looked up once. */
  readonly withCachedChecks: (work: () => void) => void;
  readonly waitUntil: (work: Promise<void>) => void;
}

/** Keeps queries current: each is run again when what it read was written to, and told when it came to something else. */
export function createLiveQueries(options: LiveQueriesOptions) {
  const { hub, frames, runner, authorizeDelivery, subscriptionsOf } = options;
  const runs = createRuns();
  const index = createReadIndex<LiveRun>(runner);
  /** What runs have read so far that are not done. */
  const reading = new Map<LiveRun, Reads>();
  const behind = createSocketBacklog();
  const reservations = createOutputReservations(options.unknownResult);

  const held = createEventCoalescer(frames);
  const markers = createFlushAcks({
    send(connection) {
      const isLast = held.has(connection);
      const isBehind = connection.isWaiting() || behind.has(connection) || progress.isBehind(connection);
      if (isBehind || !authorizeDelivery(connection)) {
        held.release(connection);
        return false;
      }
      const cursor = formatCursor(hub.head());
      if (isLast) held.complete(connection, cursor);
      else connection.send(flushedFrame(cursor));
      return true;
    },
  });
  const tellMarkers = (): void => options.withCachedChecks(markers.tellAll);
  const rounds = createRunScheduler<LiveRun>({
    prepare: () => hub.flush(),
    membersOf,
    work: run,
    ran() {
      // A held event is the last of its flush if no other query of its socket has to run.
      const connections = held.connections();
      if (connections.length === 0) return;
      options.withCachedChecks(() => {
        for (const connection of connections) {
          markers.tellOne(connection);
          held.release(connection);
        }
      });
    },
    yields: (isLong) => {
      tellMarkers();
      if (isLong) reportProgress();
    },
    done: tellMarkers,
    waitUntil: options.waitUntil,
  });

  const progress = createProgress({ subscriptionsOf, runOf: runs.of, isPending: rounds.isPending });

  /** Sends sockets with unfinished queries the position up to which their results are current. Called when a round takes long. */
  function reportProgress(): void {
    options.withCachedChecks(() => {
      for (const connection of markers.owing()) {
        if (connection.isWaiting() || behind.has(connection) || !authorizeDelivery(connection)) continue;
        connection.send(flushedFrame(formatCursor(progress.positionOf(connection, hub.head()))));
      }
    });
  }

  /** Runs the queries in a socket's backlog, as many as its window may take. Each result that is sent starts another run. */
  function catchUp(connection: Connection): void {
    if (connection.isWaiting()) return;
    let ahead = 0;
    for (const subscription of behind.of(connection)) {
      const it = runs.of(subscription);
      if (!it || rounds.isRunning(it)) continue;
      rounds.ensure(it);
      if (++ahead === RUN_AHEAD) return;
    }
  }

  /** Removes a subscription that has its newest result, or has ended, from the backlog, and runs the next query of its socket. */
  function leaveBehind(subscription: Subscription): void {
    if (behind.delete(subscription)) catchUp(subscription.connection);
  }

  const fail = (subscription: Subscription, error: ErrorShape): void => {
    held.release(subscription.connection);
    options.drop(subscription, frames.error(subscription.stored, error));
  };

  function forget(run: LiveRun): void {
    rounds.remove(run);
    index.remove(run);
    progress.remove(run);
  }

  /** Gives callers runs of their own: each may get another answer. */
  function split(it: LiveRun, groups: readonly CallersSubscriptions[]): void {
    for (const { caller, subscriptions } of groups) {
      const own = runs.get(it.query, callerKey(caller), () => it.call);
      for (const subscription of subscriptions) if (runs.of(subscription) === it) runs.join(own, subscription);
      touch(own, hub.head());
    }
  }

  async function run(it: LiveRun): Promise<void> {
    const reservation = reservations.reserve(it);
    if (!reservation) {
      // The query runs when one of the clients reads again, or the object has room for its result.
      for (const subscription of it.subscribers) behind.add(subscription);
      return progress.remove(it);
    }
    const [first, ...others] = byCaller(it.subscribers);
    if (!first) return;
    const reads = createReads();
    reading.set(it, reads);
    progress.begin(it);
    try {
      const outcome = await readResult(options, { caller: first.caller, call: it.call, recorder: reads.recorder });
      if (outcome.ok && !reads.ofCaller()) await checkOthers(it, others, reads.recorder);
      // What has been committed meanwhile has to be known of now: the run may have seen some of it.
      hub.flush();
      if (rounds.isSpoiled(it)) return;
      if (!outcome.ok || reads.ofCaller()) split(it, others);
      if (outcome.ok) settle(it, outcome.result, reads, callerKey(first.caller), reservation);
      else for (const subscription of first.subscriptions) fail(subscription, outcome.error);
    } catch (cause) {
      for (const subscription of it.subscribers) fail(subscription, runner.shape(it.call, cause));
    } finally {
      reservation.release();
      reading.delete(it);
      progress.end(it);
    }
  }

  async function checkOthers(
    { call }: LiveRun,
    others: readonly CallersSubscriptions[],
    recorder: ReadRecorder,
  ): Promise<void> {
    for (const { caller, subscriptions } of others) {
      const error = await runner.check(caller, call, recorder);
      if (error) for (const subscription of subscriptions) fail(subscription, error);
    }
  }

  /** Tells what a run found to those who share it. */
  function settle(it: LiveRun, result: LiveResult, reads: Reads, caller: string, reservation: OutputReservation): void {
    const subscribers = [...it.subscribers];
    if (subscribers.length === 0) return;
    const refused = options.refusal(result);
    if (refused) throw refused;
    const shared = !reads.ofCaller();
    // One that others share already has their reads: nothing was written to those, or it would run again.
    const list = moveTo(it, shared ? undefined : caller) ? index.set(it, reads.list()) : reads.list();
    const event = result.event(formatEventId(formatCursor(hub.head()), result.hash));
    const frameBytes = result.bytes + event.length - result.characters;
    const live: StoredLive = { hash: result.hash, reads: toStoredReads(list), shared };
    reservations.note(it, frameBytes);
    reservation.use(frameBytes);
    options.withCachedChecks(() => {
      for (const subscription of subscribers) tell(subscription, live, event, frameBytes);
    });
  }

  /** Makes a run a caller's, or nobody's in particular. Answers whether it is the first such: else it joins that. */
  function moveTo(it: LiveRun, caller: string | undefined): boolean {
    const there = runs.find(it.query, caller);
    if (there === it) return true;
    if (!there) {
      runs.rename(it, caller);
      return true;
    }
    for (const subscription of it.subscribers) runs.join(there, subscription);
    runs.drop(it);
    forget(it);
    return false;
  }

  function tell(subscription: Subscription, live: StoredLive, event: string, bytes: number): void {
    const { connection, stored } = subscription;
    const { hash, reads, shared } = stored.live ?? {};
    const isWaiting = connection.isWaiting() || (hash !== live.hash && connection.isWaiting(bytes));
    if (isWaiting || !authorizeDelivery(connection)) return behind.add(subscription);
    if (hash !== live.hash) {
      held.buffer(connection, stored, event, bytes);
      // tRPC's own client is told in a frame of its own.
      if (!stored.readsFlushed) held.release(connection);
      markers.owe(connection);
    }
    if (hash !== live.hash || shared !== live.shared || !isSameReads(reads, live.reads))
      options.keep(subscription, { live });
    leaveBehind(subscription);
  }

  function touch(it: LiveRun, from: Cursor): void {
    progress.touch(it, from);
    rounds.add(it);
  }

  const queryOf = ({ input }: StoredSubscription): string => JSON.stringify(input ?? null);
  const callOf = (stored: StoredSubscription): Call => {
    const { path, input } = options.requestOf(stored);
    return { type: "query", path, input };
  };

  return {
    /** Schedules the queries that depend on what a flush changed. */
    onFlush(flush: Flush): void {
      for (const each of index.touched(flush)) touch(each, flush.from);
      for (const [each, reads] of reading) if (reads.spoiledBy(flush)) touch(each, flush.from);
    },

    /** Keeps a query current for a new subscription, which is told its result first. */
    add(subscription: Subscription, { lastEventId }: LiveRequest): void {
      const { connection, stored } = subscription;
      subscription.stored = { ...stored, live: { hash: hashOf(lastEventId), reads: [], shared: false } };
      const it = runs.get(queryOf(stored), callerKey(connection.caller), () => callOf(stored));
      runs.join(it, subscription);
      markers.add(connection);
      // Also when nothing has changed since it left: it knows by that how current it is.
      markers.owe(connection);
      touch(it, hub.head());
    },

    /** Takes one up after a sleep, without running it. */
    restore(subscription: Subscription): void {
      const { connection, stored } = subscription;
      const { reads = [], shared = false } = stored.live ?? {};
      const it = runs.get(queryOf(stored), shared ? undefined : callerKey(connection.caller), () => callOf(stored));
      runs.join(it, subscription);
      markers.add(connection);
      const known = index.of(it);
      // Those of a client that could not be told may be older.
      if (!known) index.set(it, reads);
      else if (!isSameReads(known, reads)) index.set(it, [...known, ...reads]);
    },

    remove(subscription: Subscription): void {
      markers.remove(subscription.connection);
      const left = runs.leave(subscription);
      if (left) forget(left);
      leaveBehind(subscription);
    },

    /** Called when the client reads again. Sends the results that it missed. */
    resume(connection: Connection): void {
      catchUp(connection);
      if (markers.isOwing()) rounds.request();
    },

    /** A session has written: tells its sockets when their live queries show it. */
    announceWrite(session: string): void {
      markers.oweSession(session);
      if (markers.isOwing()) tellMarkers();
    },
  };
}
