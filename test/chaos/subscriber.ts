import { Violation, type History } from "./history.js";
import type { Source, TableName } from "./schedule.js";

/** A change as it came over the wire. */
interface ReceivedChange {
  readonly cursor: string;
  readonly change: { readonly type: string; readonly id?: string; readonly data?: { readonly n: number } };
}

/** An event of a subscription as it came over the wire: a change, or a live query's result. */
export interface Delivery {
  readonly cursor: string;
  readonly change: unknown;
}

export interface SubscriberOptions {
  readonly name: string;
  readonly source: Source;
  readonly history: History;
  /** The newest entry that was pruned. */
  readonly prunedTo: () => number;
  /** Whether the object delivers each commit on its own, because none of its windows is ever full. */
  readonly everyCommit: boolean;
}

/**
 * Whether the object stores the position of a client without a cursor. It does once it asked the client to reconnect.
 */
export type Handover = "no" | "may" | "must";

/** Commits after one entry, up to and including another. */
interface Range {
  readonly after: number;
  readonly until?: number;
  /**
   * The earliest possible start: rows that were created and deleted within the range may be omitted.
   * @default after
   */
  readonly from?: number;
}

/**
 * One subscription, as seen by a client that folds its events. Compares them with the committed changes: each change
 * must arrive once, in order, with the right type, and none may be missing.
 */
export function createSubscriber({ name, source, history, prunedTo, everyCommit }: SubscriberOptions) {
  const table: TableName = source === "items" || source === "watchItems" ? "items" : "notes";
  const generator = source === "watchItems" || source === "watchNotes";
  /** The client's rows by id, from its events. It fetches earlier rows without their data. */
  let fold = new Map<string, number | undefined>();
  /** The rows that it knows by the log, which decide whether a change is a create or an update. */
  let known = new Set<string>();
  const received = new Set<number>();
  const inbox: ReceivedChange[] = [];
  /** The last entry that it received, or its start. */
  let position = 0;
  /** The ranges whose net changes it still has to receive, in order. The last one is still growing. */
  let ranges: Range[] = [];
  /** Whether nothing has happened to it since it was last up to date. */
  let settled = false;
  /** Whether the type of a change may differ from what its own rows imply: see `doze`. */
  let lax = false;
  let forged = false;
  let resets = 0;
  let lastCursor: string | undefined;
  /** The position from which a sleeping generator continues, because it has delivered nothing since. */
  let resumesAt: number | undefined;
  /**
   * The position of an earlier socket of this client. Later changes are delivered only if that position was handed
   * over.
   */
  let handedOver: { readonly from: number } | undefined;

  const fail = (reason: string): never => {
    throw new Violation(`${name} (${source}): ${reason}`);
  };

  function begin(at: number): void {
    position = at;
    known = new Set(history.existing(table, at));
    fold = new Map(Array.from(known, (id) => [id, undefined]));
    ranges = [{ after: at }];
  }

  function checkReset(cursor: string): void {
    // A subscription whose position was handed over may have continued there. A lagging one continues from the start of
    // its gap, because the net change of a row depends on the whole gap.
    const from = Math.min(handedOver?.from ?? position, ranges[0]?.after ?? position, resumesAt ?? position, position);
    const interrupted = !settled || resumesAt !== undefined;
    resumesAt = undefined;
    const due = forged || (interrupted && prunedTo() >= Math.max(from, 2));
    if (!due) fail(`a reset that was not due, at ${position} of a log pruned up to ${prunedTo()}`);
    forged = false;
    resets++;
    const { seq } = history.find(cursor);
    if (seq < position) fail(`a reset to ${seq}, before ${position}`);
    lax = false;
    begin(seq);
  }

  /** Whether the row was created and deleted since the subscriber knew it, so that a folded page may omit it. */
  function cameAndWent(id: string, seq: number): boolean {
    const unreceived = history
      .between(table, id, ranges[0]?.after ?? 0, seq)
      .filter((entry) => !received.has(entry.seq));
    const createdAt = unreceived.findIndex(({ type }) => type === "create");
    return createdAt >= 0 && unreceived.slice(createdAt).some(({ type }) => type === "delete");
  }

  function check({ cursor, change }: ReceivedChange, revokedAt: number): void {
    if (change.type === "reset") return checkReset(cursor);
    const entry = history.find(cursor);
    const { id = "", type, data } = change;
    const what = `${type} ${id.slice(-6)} @${entry.seq}`;
    if (entry.table !== table || entry.id !== id) fail(`${what}: the cursor names ${entry.table} ${entry.id}`);
    if (resumesAt !== undefined) {
      position = Math.min(position, resumesAt);
      lax = true;
    }
    resumesAt = undefined;
    if (entry.seq > revokedAt) fail(`${what} was delivered after a revoke at ${revokedAt}`);
    if (handedOver && entry.seq <= position && entry.seq > handedOver.from) {
      // It starts now, but the object continued its previous position, or that of another tab with the same id. It then
      // receives more than it requested: all changes since that position.
      lax = true;
      position = entry.seq - 1;
      ranges = [{ after: position, from: handedOver.from }];
    }
    handedOver = undefined;
    if (received.has(entry.seq)) fail(`${what} was delivered twice`);
    if (entry.seq <= position) fail(`${what} came after @${position}`);
    if ((entry.type === "delete") !== (type === "delete")) fail(`${what}: the log says ${entry.type}`);
    const has = known.has(id);
    if (!lax && type === "create" && has) fail(`${what} of a row that it had`);
    if (!lax && type !== "create" && !has && !cameAndWent(id, entry.seq)) fail(`${what} of a row that it did not have`);
    if (type === "delete") {
      known.delete(id);
      fold.delete(id);
    } else {
      known.add(id);
      fold.set(id, data?.n);
    }
    received.add(entry.seq);
    position = entry.seq;
  }

  return {
    name,
    source,
    table,
    generator,
    /** The cursor with which a stock client would reconnect. */
    lastEventId: (): string | undefined => lastCursor,
    /** The start position that the object sent, for a client that stores it. */
    startedAt: undefined as string | undefined,
    state: "off" as "off" | "starting" | "on" | "ended",
    received: (): number => received.size,
    resets: (): number => resets,
    isSettled: (): boolean => settled,

    receive({ cursor, change }: Delivery): void {
      lastCursor = cursor;
      inbox.push({ cursor, change: change as ReceivedChange["change"] });
    },

    /** It subscribes, or subscribes again. `cursor` is the one that it sends. */
    start(cursor: string | undefined, handover: Handover): void {
      const began = this.state !== "ended" && ranges.length > 0;
      settled = false;
      forged = false;
      this.state = "starting";
      if (cursor === undefined && handover === "must" && began) {
        // The object asked it to reconnect, and stored its position.
        lax = true;
        return;
      }
      if (cursor === undefined) {
        // The position before that may still be the one that is used.
        handedOver = handover === "no" ? undefined : (handedOver ?? { from: position });
        begin(history.head());
        return;
      }
      // From here on the types of changes are relative to the log's state at that position.
      const { seq } = history.find(cursor);
      position = seq;
      known = new Set(history.existing(table, seq));
      // A range that was delivered completely still has to be checked. The rest of another arrives together with the
      // gap.
      ranges = [...ranges.filter(({ until = Infinity }) => until <= seq), { after: seq }];
      lax = false;
    },

    forge: (): void => void (forged = true),

    /** The object or the socket was interrupted. A lagging subscription continues from its last event. */
    doze(lagging: boolean): void {
      settled = false;
      if (lagging) lax = true;
    },

    /** The object hibernated. The app's own generator continues from its last event, as after a reconnect. */
    resumeFromOwn(): void {
      if (generator && lastCursor !== undefined) resumesAt = Number.parseInt(lastCursor, 10);
    },

    /** A step has ended. If commits are delivered one by one, its commits are the next range to deliver. */
    endStep(): void {
      if (everyCommit && settled && !generator && this.state === "on") {
        const head = history.head();
        ranges = [...ranges.slice(0, -1), { after: ranges.at(-1)?.after ?? head, until: head }, { after: head }];
      }
    },

    /** Whether it received an entry that was written after the log was last read. */
    isAhead: (): boolean => inbox.some(({ cursor }) => Number.parseInt(cursor, 10) > history.head()),

    /** Checks the received events against the part of the log that was read. */
    digest(revokedAt: number): void {
      while (inbox[0] && Number.parseInt(inbox[0].cursor, 10) <= history.head())
        check(inbox.shift() as ReceivedChange, revokedAt);
    },

    /** The changes that it still has to receive, if any. */
    pending(): string | undefined {
      const head = history.head();
      if (forged) return "a reset, for a cursor that identifies no entry";
      for (const { after, until = head, from = after } of ranges) {
        for (const id of history.ids(table)) {
          const entries = history.between(table, id, after, until);
          const last = entries.at(-1);
          if (!last || received.has(last.seq)) continue;
          // The row was created and deleted since it was last delivered.
          const since = entries.findLast(({ seq }) => received.has(seq))?.seq ?? after;
          if (last.type === "delete" && !history.existed(table, id, since)) continue;
          if (last.type === "delete" && since === after && history.between(table, id, from, after).length > 0) continue;
          return `${last.type} ${id.slice(-6)} @${last.seq} (of ${after}-${until})`;
        }
      }
      return undefined;
    },

    /** At rest, the folded rows must equal the table. */
    rest(rows: ReadonlyMap<string, number>): void {
      if (inbox[0]) fail(`the cursor ${inbox[0].cursor} is ahead of the log`);
      for (const [id, n] of rows) {
        if (!fold.has(id)) fail(`lost the row ${id.slice(-6)}`);
        const own = fold.get(id);
        if (own !== undefined && own !== n) fail(`has ${own} for the row ${id.slice(-6)}, which is ${n}`);
      }
      for (const id of fold.keys()) if (!rows.has(id)) fail(`still has the row ${id.slice(-6)}`);
      known = new Set(rows.keys());
      position = Math.max(position, ranges.at(-1)?.after ?? 0);
      ranges = [{ after: history.head() }];
      settled = true;
      lax = false;
      handedOver = undefined;
    },
  };
}

export type Subscriber = ReturnType<typeof createSubscriber>;
