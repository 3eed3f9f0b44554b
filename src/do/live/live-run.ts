import type { Call } from "../../shared/call.js";
import type { Caller } from "../../shared/caller.js";
import { memberKey } from "../scheduling/member-key.js";
import type { Subscription } from "../connections/subscription.js";

/** One query with one input, run for all who share its result. */
export interface LiveRun {
  /** Names the query and its input. */
  readonly query: string;
  readonly call: Call;
  /** Whose run it is; nobody's in particular when its result is the same for all. */
  caller: string | undefined;
  readonly subscribers: Set<Subscription>;
}

/** The subscriptions of one caller. */
export interface CallersSubscriptions {
  readonly caller: Caller;
  readonly subscriptions: readonly Subscription[];
}

/** The runs of an object, found by what they run and for whom. */
export function createRuns() {
  const runs = new Map<string, LiveRun>();
  const runOf = new Map<Subscription, LiveRun>();
  const keyOf = ({ query, caller }: Pick<LiveRun, "query" | "caller">): string => `${caller ?? ""} ${query}`;

  const all = {
    of: (subscription: Subscription): LiveRun | undefined => runOf.get(subscription),
    find: (query: string, caller: string | undefined): LiveRun | undefined => runs.get(keyOf({ query, caller })),

    /** The run of a query for a caller. Made if there is none. */
    get(query: string, caller: string | undefined, call: () => Call): LiveRun {
      const known = runs.get(keyOf({ query, caller }));
      if (known) return known;
      const run: LiveRun = { query, call: call(), caller, subscribers: new Set() };
      runs.set(keyOf(run), run);
      return run;
    },

    join(run: LiveRun, subscription: Subscription): void {
      runOf.get(subscription)?.subscribers.delete(subscription);
      run.subscribers.add(subscription);
      runOf.set(subscription, run);
    },

    /** Makes it another caller's, or nobody's, where there is none of that yet. */
    rename(run: LiveRun, caller: string | undefined): void {
      runs.delete(keyOf(run));
      run.caller = caller;
      runs.set(keyOf(run), run);
    },

    /** Takes a subscription away. Answers its run, when that has no other. */
    leave(subscription: Subscription): LiveRun | undefined {
      const run = runOf.get(subscription);
      runOf.delete(subscription);
      run?.subscribers.delete(subscription);
      return run && all.drop(run);
    },

    /** Forgets a run that nobody has subscribed to any more. Answers it, if so. */
    drop(run: LiveRun): LiveRun | undefined {
      if (run.subscribers.size > 0) return undefined;
      if (runs.get(keyOf(run)) === run) runs.delete(keyOf(run));
      return run;
    },
  };
  return all;
}

const keys = new WeakMap<Caller, string>();

/** The same text for the same caller. */
export function callerKey(caller: Caller): string {
  const known = keys.get(caller) ?? JSON.stringify(caller);
  keys.set(caller, known);
  return known;
}

/** Whom a run is for: the users, or the callers that are not users. */
export function* membersOf({ subscribers }: LiveRun): Iterable<string> {
  let last: string | undefined;
  for (const { connection } of subscribers) {
    const member = memberKey(connection.caller);
    if (member !== last) yield member;
    last = member;
  }
}

export function byCaller(subscribers: Iterable<Subscription>): CallersSubscriptions[] {
  const groups = new Map<string, { caller: Caller; subscriptions: Subscription[] }>();
  for (const subscription of subscribers) {
    const { caller } = subscription.connection;
    const key = callerKey(caller);
    const group = groups.get(key) ?? { caller, subscriptions: [] };
    group.subscriptions.push(subscription);
    groups.set(key, group);
  }
  return [...groups.values()];
}
