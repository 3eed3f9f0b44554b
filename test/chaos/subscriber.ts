import { Violation, type History } from "./history.js";
import type { Source, TableName } from "./schedule.js";

/** A change as it came over the wire. */
interface Told {
  readonly cursor: string;
  readonly change: { readonly type: string; readonly id?: string; readonly data?: { readonly n: number } };
}

/** An event of a subscription as it came over the wire: a change, or the result of a live query. */
export interface Delivery {
  readonly cursor: string;
  readonly change: unknown;
}

export interface SubscriberOptions {
  readonly name: string;
  readonly source: Source;
  readonly history: History;
  /** Up to which entry the log was pruned. */
  readonly prunedTo: () => number;
  /** Whether the object tells each commit on its own: no window of its is ever full. */
  readonly everyCommit: boolean;
}

/** Whether the object remembers for a client without a cursor where it was. It does when it asked it to come back. */
export type Handover = "no" | "may" | "must";

/** Commits after one entry, up to and with another. */
interface Range {
  readonly after: number;
  readonly until?: number;
  /**
   * Where it may have begun at the earliest: what came since, and went in the range, may be left out.
   * @default after
   */
  readonly from?: number;
}

/**
 * One subscription, as a client that folds what it is told sees it. Holds it against what was really committed:
 * each change once, in order, of the right kind, and nothing left out.
 */
export function createSubscriber({ name, source, history, prunedTo, everyCommit }: SubscriberOptions) {
  const table: TableName = source === "items" || source === "watchItems" ? "items" : "notes";
  const generator = source === "watchItems" || source === "watchNotes";
  /** What it makes of all that it was told: rows by id. It fetches what was there before without their data. */
  let fold = new Map<string, number | undefined>();
  /** The rows that it has to know of, by the log: what is a create and what an update depends on it. */
  let known = new Set<string>();
  const told = new Set<number>();
  const inbox: Told[] = [];
  /** The last entry that it was told, or where it began. */
  let position = 0;
  /** What it has to be told the net changes of, one range after the other. The last one is still growing. */
  let ranges: Range[] = [];
  /** Whether nothing has happened to it since it was last found up to date. */
  let settled = false;
  /** Whether the kind of a change may be other than its own knowledge says: see `doze`. */
  let lax = false;
  let forged = false;
  let resets = 0;
  let lastCursor: string | undefined;
  /** Where a generator will go on that slept: it has not told anything since. */
  let resumesAt: number | undefined;
  /** Where an earlier socket of the same client stood: what came after it is told only if that place was handed over. */
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

  function judgeReset(cursor: string): void {
    // Handed over, it may have gone on from where it had been. What lags goes on from where its gap began: what came of
    // a row depends on all of it.
    const from = Math.min(handedOver?.from ?? position, ranges[0]?.after ?? position, resumesAt ?? position, position);
    const disturbed = !settled || resumesAt !== undefined;
    resumesAt = undefined;
    const due = forged || (disturbed && prunedTo() >= Math.max(from, 2));
    if (!due) fail(`a reset that was not due, at ${position} of a log pruned up to ${prunedTo()}`);
    forged = false;
    resets++;
    const { seq } = history.find(cursor);
    if (seq < position) fail(`a reset to ${seq}, before ${position}`);
    lax = false;
    begin(seq);
  }

  /** Whether the row came and went since the subscriber knew of it, which a folded page may have left out. */
  function cameAndWent(id: string, seq: number): boolean {
    const untold = history.between(table, id, ranges[0]?.after ?? 0, seq).filter((entry) => !told.has(entry.seq));
    const came = untold.findIndex(({ type }) => type === "create");
    return came >= 0 && untold.slice(came).some(({ type }) => type === "delete");
  }

  function judge({ cursor, change }: Told, revokedAt: number): void {
    if (change.type === "reset") return judgeReset(cursor);
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
      // It begins now, and has been taken to where it was before, or another tab under the same id: it is told more
      // than it asked for, and all from there on.
      lax = true;
      position = entry.seq - 1;
      ranges = [{ after: position, from: handedOver.from }];
    }
    handedOver = undefined;
    if (told.has(entry.seq)) fail(`${what} was told twice`);
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
    told.add(entry.seq);
    position = entry.seq;
  }

  return {
    name,
    source,
    table,
    generator,
    /** What a stock client would come back with. */
    lastEventId: (): string | undefined => lastCursor,
    /** Where the object said that it starts, for a client that keeps that. */
    startedAt: undefined as string | undefined,
    state: "off" as "off" | "starting" | "on" | "ended",
    told: (): number => told.size,
    resets: (): number => resets,
    isSettled: (): boolean => settled,

    receive({ cursor, change }: Delivery): void {
      lastCursor = cursor;
      inbox.push({ cursor, change: change as Told["change"] });
    },

    /** It subscribes, or does so again. `cursor` is what it sends along. */
    start(cursor: string | undefined, handover: Handover): void {
      const began = this.state !== "ended" && ranges.length > 0;
      settled = false;
      forged = false;
      this.state = "starting";
      if (cursor === undefined && handover === "must" && began) {
        // The object asked it to come back, and remembers where it was.
        lax = true;
        return;
      }
      if (cursor === undefined) {
        // Where it was before that may stand still.
        handedOver = handover === "no" ? undefined : (handedOver ?? { from: position });
        begin(history.head());
        return;
      }
      // From here on the kinds of changes are relative to what the log says of that place.
      const { seq } = history.find(cursor);
      position = seq;
      known = new Set(history.existing(table, seq));
      // A range that it was told all of stays to be looked at; the rest of another is told together with the gap.
      ranges = [...ranges.filter(({ until = Infinity }) => until <= seq), { after: seq }];
      lax = false;
    },

    forge: (): void => void (forged = true),

    /** Something happened to the object or the socket under it. A lagging one goes on from its last event. */
    doze(lagging: boolean): void {
      settled = false;
      if (lagging) lax = true;
    },

    /** The object slept. The app's own generator goes on from the last event that it told, as after a reconnect. */
    resumeFromOwn(): void {
      if (generator && lastCursor !== undefined) resumesAt = Number.parseInt(lastCursor, 10);
    },

    /** A step is over. All that it committed is one more thing to be told, if it is told commit by commit. */
    endStep(): void {
      if (everyCommit && settled && !generator && this.state === "on") {
        const head = history.head();
        ranges = [...ranges.slice(0, -1), { after: ranges.at(-1)?.after ?? head, until: head }, { after: head }];
      }
    },

    /** Whether it was told of something that came after the log was read. */
    isAhead: (): boolean => inbox.some(({ cursor }) => Number.parseInt(cursor, 10) > history.head()),

    /** Looks at what came in, as far as the log was read. */
    digest(revokedAt: number): void {
      while (inbox[0] && Number.parseInt(inbox[0].cursor, 10) <= history.head())
        judge(inbox.shift() as Told, revokedAt);
    },

    /** What it still has to be told, if anything. */
    owed(): string | undefined {
      const head = history.head();
      if (forged) return "a reset, for a cursor that names nothing";
      for (const { after, until = head, from = after } of ranges) {
        for (const id of history.ids(table)) {
          const entries = history.between(table, id, after, until);
          const last = entries.at(-1);
          if (!last || told.has(last.seq)) continue;
          // Since it was told of the row the last time, the row has come and gone.
          const since = entries.findLast(({ seq }) => told.has(seq))?.seq ?? after;
          if (last.type === "delete" && !history.existed(table, id, since)) continue;
          if (last.type === "delete" && since === after && history.between(table, id, from, after).length > 0) continue;
          return `${last.type} ${id.slice(-6)} @${last.seq} (of ${after}-${until})`;
        }
      }
      return undefined;
    },

    /** At rest: its fold has to be the table. */
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
