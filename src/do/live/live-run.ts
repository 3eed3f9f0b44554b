import type { Call } from "../../shared/call.js";
import type { Caller } from "../../shared/caller.js";
import type { StoredSubscription } from "../connections/attachment.js";
import { memberKey } from "../scheduling/member-key.js";
import type { Subscription } from "../connections/subscription.js";

/** One query with one input, which runs once for all subscriptions that share its result. */
export interface LiveRun {
  /** Identifies the query and its input. */
  readonly query: string;
  readonly call: Call;
  /** Key of the caller that the run belongs to; `undefined` if callers share the result. */
  caller: string | undefined;
  readonly subscribers: Set<Subscription>;
}

/** The subscriptions of one caller. */
export interface CallersSubscriptions {
  readonly caller: Caller;
  readonly subscriptions: readonly Subscription[];
}

/** The runs of an object by query and caller. */
export function createRuns() {
  const runs = new Map<string, LiveRun>();
  const runOf = new Map<Subscription, LiveRun>();
  const keyOf = ({ query, caller }: Pick<LiveRun, "query" | "caller">): string => `${caller ?? ""} ${query}`;

  const all = {
    of: (subscription: Subscription): LiveRun | undefined => runOf.get(subscription),

    /** Returns the run of a query for a caller, and creates it if there is none. */
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

    /** Keys a run per caller, or shares it. Returns false if an equal run exists and this one was merged into it. */
    changeCaller(run: LiveRun, caller: string | undefined): boolean {
      const equal = runs.get(keyOf({ query: run.query, caller }));
      if (equal === run) return true;
      if (equal) {
        for (const subscription of run.subscribers) all.join(equal, subscription);
        all.deleteUnused(run);
        return false;
      }
      runs.delete(keyOf(run));
      run.caller = caller;
      runs.set(keyOf(run), run);
      return true;
    },

    /** Removes a subscription. Returns its run if no other subscription uses it. */
    leave(subscription: Subscription): LiveRun | undefined {
      const run = runOf.get(subscription);
      runOf.delete(subscription);
      run?.subscribers.delete(subscription);
      return run && all.deleteUnused(run);
    },

    /** Deletes a run without subscriptions and returns it; returns `undefined` if it still has some. */
    deleteUnused(run: LiveRun): LiveRun | undefined {
      if (run.subscribers.size > 0) return undefined;
      if (runs.get(keyOf(run)) === run) runs.delete(keyOf(run));
      return run;
    },
  };
  return all;
}

/** Identifies a query and its input, which are the input of the subscription that carries them. */
export function queryKey({ input }: StoredSubscription): string {
  return JSON.stringify(input ?? null);
}

const keys = new WeakMap<Caller, string>();

/** Returns the same text for equal callers. */
export function callerKey(caller: Caller): string {
  const known = keys.get(caller) ?? JSON.stringify(caller);
  keys.set(caller, known);
  return known;
}

/** The members that a run works for. Callers that are not users count as members too. */
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
