import { Violation } from "./history.js";
import type { LiveSource, TableName } from "./schedule.js";
import type { Delivery, Subscriber, SubscriberOptions } from "./subscriber.js";

interface Result {
  readonly userId?: string;
  readonly rows: readonly { readonly id: string; readonly n: number }[];
  readonly count: number;
}

export interface LiveSubscriberOptions extends Pick<SubscriberOptions, "name" | "history"> {
  readonly source: LiveSource;
  /** The user for whom a personal query returns results. */
  readonly userId: string;
  /** The rows of a table when the log was last read. */
  readonly rows: (table: TableName) => ReadonlyMap<string, number>;
}

const seqOf = (eventId: string): number => Number.parseInt(eventId, 10);
const cursorOf = (eventId: string): string => eventId.split(".").slice(0, 2).join(".");

/**
 * A live query. Each result must be a state of its table that is later than the last one, and at rest the client must
 * have the current state.
 */
export function createLiveSubscriber({ name, source, history, userId, rows }: LiveSubscriberOptions): Subscriber {
  const table = source === "liveItems" ? "items" : "notes";
  const inbox: Delivery[] = [];
  let last: { readonly eventId: string; readonly result: Result } | undefined;
  let lastEventId: string | undefined;
  let results = 0;
  let settled = false;
  let forged = false;

  const fail = (reason: string): never => {
    throw new Violation(`${name} (${source}): ${reason}`);
  };

  function check({ cursor: eventId, change }: Delivery, revokedAt: number): void {
    const result = change as Result;
    const { seq } = history.find(cursorOf(eventId));
    if (seq > revokedAt) fail(`a result @${seq} was delivered after a revoke at ${revokedAt}`);
    if (result.count !== result.rows.length) fail(`a result @${seq} mixes two states`);
    if (result.userId !== undefined && result.userId !== userId) fail(`a result @${seq} of another member`);
    const existing = new Set(history.existing(table, seq));
    if (result.rows.length !== existing.size || result.rows.some(({ id }) => !existing.has(id)))
      fail(`a result @${seq} that has other rows than the table had`);
    if (!forged && last && seq < seqOf(last.eventId)) fail(`a result @${seq} after one @${seqOf(last.eventId)}`);
    if (!forged && last && eventId.split(".")[2] === last.eventId.split(".")[2])
      fail(`the result @${seq} was delivered twice`);
    forged = false;
    last = { eventId, result };
    results++;
  }

  /** The difference between the last result and the table, if any. */
  function difference(): string | undefined {
    if (!last) return "a first result";
    const current = rows(table);
    const isCurrent =
      last.result.rows.length === current.size && last.result.rows.every(({ id, n }) => current.get(id) === n);
    return isCurrent ? undefined : `the result after @${seqOf(last.eventId)}`;
  }

  return {
    name,
    source,
    table,
    generator: false,
    lastEventId: () => lastEventId,
    startedAt: undefined,
    state: "off",
    received: () => results,
    resets: () => 0,
    isSettled: () => settled,
    receive(delivery) {
      lastEventId = delivery.cursor;
      inbox.push(delivery);
    },
    start() {
      settled = forged = false;
      this.state = "starting";
    },
    forge: () => void (forged = true),
    doze: () => void (settled = false),
    resumeFromOwn: () => {},
    endStep: () => {},
    isAhead: () => inbox.some(({ cursor }) => seqOf(cursor) > history.head()),
    digest(revokedAt) {
      while (inbox[0] && seqOf(inbox[0].cursor) <= history.head()) check(inbox.shift() as Delivery, revokedAt);
    },
    pending: () => (forged ? "a result, for a cursor that identifies no entry" : difference()),
    rest() {
      if (inbox[0]) fail(`the event ${inbox[0].cursor} is ahead of the log`);
      const differs = difference();
      if (differs) fail(`lacks ${differs}`);
      settled = true;
    },
  };
}
