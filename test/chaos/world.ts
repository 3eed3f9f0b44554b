import { abortAllDurableObjects, evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { TRPCClientError } from "@trpc/client";
import { vi } from "vitest";
import { createChangeLog } from "../../src/do/storage/create-change-log.js";
import { createClient, type Client } from "./client.js";
import type { Figures } from "./figures.js";
import { createHistory, Violation, type Entry } from "./history.js";
import type { RawKind, Schedule, Source, Step, Turn, Write } from "./schedule.js";
import { signIn, type Session } from "./session.js";
import { createSubscriber, type Handover, type Subscriber } from "./subscriber.js";

const tableWrite = (table: Write["table"]): Write => ({ table, op: "create", pick: 1 });

type Doing<TDo extends Step["do"]> = Extract<Step, { do: TDo }>;

/** Waited for a condition this long, it will not come true. */
const PATIENCE = { first: 6_000, again: 1_500 };

let accounts = 0;

/** One object, its user's sessions and tabs, and all that is known of what was committed and told. */
export async function createWorld(
  { seed, window }: Pick<Schedule, "seed" | "window">,
  figures: Figures,
  tried: keyof typeof PATIENCE,
) {
  const patience = PATIENCE[tried];
  const path = `/${window}`;
  const namespaces = { wide: env.WIDE_DO, narrow: env.NARROW_DO, hasty: env.HASTY_DO };
  const namespace = namespaces[window];
  const email = `chaos-${seed}-${++accounts}@example.com`;
  const sessions: Session[] = [await signIn(path, email, true)];
  const clients: Client[] = [];
  const history = createHistory();
  const rows = { items: new Map<string, number>(), notes: new Map<string, number>() };
  const acknowledged: string[] = [];
  const refused = new Set<number>();
  let n = 0;
  let prunedTo = 0;
  let lapsed = false;
  let news = (): void => {};

  // A fresh stub each time: one whose object was reset stays broken.
  const object = () => namespace.getByName(`user:${sessions[0]?.userId}`);
  const alive = (): Session[] => sessions.filter(({ revokedAt }) => revokedAt === Infinity);
  const anyOf = <TValue>(values: readonly TValue[], pick: number): TValue | undefined => values[pick % values.length];
  const subscribersOf = (some: readonly Client[] = clients): Subscriber[] =>
    some.flatMap(({ subscribers }) => [...subscribers.values()]);

  /** Reads what was committed, and looks at what clients were told by then. */
  async function capture(): Promise<void> {
    const read = await runInDurableObject(object(), (_instance, { storage: { sql } }) => ({
      entries: sql
        .exec('SELECT seq, lower(hex(nonce)) AS nonce, "table", type, id FROM _changes WHERE seq > ?', history.head())
        .toArray() as unknown as Entry[],
      items: sql.exec("SELECT id, n FROM items").toArray(),
      notes: sql.exec("SELECT id, n FROM notes").toArray(),
    }));
    for (const entry of read.entries) history.add(entry);
    figures.writes += read.entries.length;
    for (const table of ["items", "notes"] as const) {
      rows[table] = new Map(read[table].map((row) => [String(row["id"]), Number(row["n"])]));
      const logged = history.existing(table, history.head());
      if (logged.length !== rows[table].size || logged.some((id) => !rows[table].has(id)))
        throw new Violation(`The log and the table ${table} differ.`);
      for (const value of rows[table].values())
        if (refused.has(value)) throw new Violation(`A write of a revoked session was executed (P6).`);
    }
    for (const id of acknowledged.splice(0))
      if (
        history
          .ids("items")
          .concat(history.ids("notes"))
          .every((each) => each !== id)
      )
        throw new Violation(`The acknowledged row ${id} was lost (P2).`);
    digest();
  }

  function digest(): void {
    for (const client of clients) {
      if (client.violation) throw client.violation;
      for (const subscriber of client.subscribers.values()) subscriber.digest(client.session.revokedAt);
    }
  }

  /** Waits, one frame after the other, until something is so. */
  async function until(condition: () => boolean, what: () => string): Promise<void> {
    const deadline = performance.now() + patience;
    for (;;) {
      // A session that is seen again is written down, too: a reset may name that entry.
      if (subscribersOf().some((each) => each.isAhead())) await capture();
      digest();
      if (condition()) return;
      const left = deadline - performance.now();
      if (left <= 0) throw new Violation(`Waited in vain: ${what()}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        news = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  const toTurn = ({ writes, fail }: Turn, session: Session) => ({
    fail,
    writes: writes.map((write) => {
      n++;
      if (session.revokedAt < Infinity) refused.add(n);
      return { ...write, n };
    }),
  });

  /** Opens a socket if need be, and subscribes to everything again. */
  async function comeBack(client: Client): Promise<void> {
    const asked = client.asked;
    // Some clients open the new socket before they leave the old one, and some after.
    if (asked && client.keeps) client.close();
    if (client.isOpen() && !asked) return;
    if (!(await client.open())) return;
    await capture();
    for (const [id, subscriber] of client.subscribers) subscribe(client, id, subscriber, asked ? "must" : may());
    await started(client);
  }

  const may = (): Handover => (lapsed ? "may" : "no");

  const cursorOf = (client: Client, subscriber: Subscriber): string | undefined =>
    subscriber.lastEventId() ?? (client.keeps ? subscriber.startedAt : undefined);

  function subscribe(client: Client, id: number, subscriber: Subscriber, handover = may(), filler?: string): void {
    const cursor = cursorOf(client, subscriber);
    subscriber.start(cursor, handover);
    client.send(client.subscribeMessage(id, subscriber, subscriber.lastEventId(), filler));
  }

  /** A stalled client may not be told before it reads again. */
  const started = (client: Client): Promise<void> =>
    until(
      () => !client.isOpen() || client.owesPong || subscribersOf([client]).every(({ state }) => state !== "starting"),
      () => `${client.name} to be told that its subscriptions have started`,
    );

  function newSubscriber(client: Client, source: Source): [number, Subscriber] {
    const id = client.nextId();
    const name = `${client.name}.${id}`;
    const options = { name, source, history, prunedTo: () => prunedTo, everyCommit: window === "wide" };
    const subscriber = createSubscriber(options);
    client.subscribers.set(id, subscriber);
    return [id, subscriber];
  }

  async function overSocket(client: Client, before: readonly object[], turns: readonly Turn[]): Promise<void> {
    const calls = turns.map((turn) => client.call("mutation", "write", toTurn(turn, client.session)));
    client.send([...before, ...calls.map(({ message }) => message)]);
    if (client.session.revokedAt < Infinity) return;
    for (const reply of await Promise.all(calls.map((call) => call.reply))) {
      if (reply.ok) acknowledged.push(...(reply.data as string[]));
      else if (reply.code !== "CONFLICT" && reply.code !== "CLOSED")
        throw new Violation(`A write failed: ${reply.code}`);
    }
  }

  async function overHttp(how: Doing<"write">["how"], session: Session, turns: readonly Turn[], may: boolean) {
    const write = async (turn: Turn): Promise<void> => {
      const link = how === "batch" ? session.batch : session.http;
      const input = toTurn(turn, session);
      try {
        acknowledged.push(...(await (how === "slowly" ? link.writeSlowly.mutate(input) : link.write.mutate(input))));
      } catch (error) {
        const code = error instanceof TRPCClientError ? (error.data as { code?: string } | undefined)?.code : undefined;
        if (code !== "CONFLICT" && !may) throw new Violation(`A write failed: ${String(error)}`);
      }
    };
    if (how === "batch") await Promise.all(turns.map(write));
    else for (const turn of turns) await write(turn);
  }

  /** Everybody is connected and reads: all that was committed has to be told, and no more than that. */
  async function sync(): Promise<void> {
    for (let attempt = 0; attempt < 60; attempt++) {
      const live = clients.filter(({ session }) => session.revokedAt === Infinity);
      await capture();
      for (const client of live) {
        client.read();
        await comeBack(client);
        for (const [id, subscriber] of client.subscribers) {
          if (subscriber.state === "ended" && client.isOpen()) subscribe(client, id, subscriber);
        }
        await started(client);
      }
      const undisturbed = (): boolean =>
        live.every(
          (each) => each.isOpen() && !each.asked && subscribersOf([each]).every(({ state }) => state === "on"),
        );
      const owing = (): Subscriber | undefined => subscribersOf(live).find((each) => each.owed() !== undefined);
      await until(
        () => !undisturbed() || !owing(),
        () => `${owing()?.name} (${owing()?.source}) to be told ${owing()?.owed()} (P1)`,
      );
      if (!undisturbed()) continue;
      const calls = live.map((client) => {
        const { message, reply } = client.call("query", "touch");
        client.send(message);
        return reply;
      });
      const replies = await Promise.race([
        Promise.all(calls),
        new Promise<undefined>((resolve) => setTimeout(resolve, patience, undefined)),
      ]);
      if (!replies) throw new Violation("A call over a socket was not answered.");
      await capture();
      if (!undisturbed() || owing()) continue;
      for (const subscriber of subscribersOf(live)) subscriber.rest(rows[subscriber.table]);
      return;
    }
    throw new Violation("It does not come to rest.");
  }

  async function revoke({ session: pick, how }: Doing<"revoke">): Promise<void> {
    const listening = alive().filter((each) => clients.some((client) => client.session === each && client.isOpen()));
    const session = anyOf(listening.length > 0 ? listening : alive(), pick);
    if (!session) return;
    if (alive().length === 1) sessions.push(await signIn(path, email, false));
    const other = alive().find((each) => each !== session);
    await capture();
    if (how === "logout") await session.http.auth.logout.mutate();
    else if (how === "revoke") await other?.http.sessions.revoke.mutate({ id: session.id });
    else
      await runInDurableObject(object(), (_instance, { storage: { sql } }) => {
        // Past the close that signing out brings: a client may ignore that.
        sql.exec("DELETE FROM _sessions WHERE id = ?", session.id);
      });
    await capture();
    session.revokedAt = history.head();
    figures.revokes++;
    // What its sockets still send must not be executed, and nothing of this may be told to them.
    const turn: Turn = { writes: [tableWrite("items"), tableWrite("notes")], fail: false };
    for (const client of clients)
      if (client.session === session && client.isOpen()) await overSocket(client, [], [turn]);
    if (other) await overHttp("http", other, [turn], false);
  }

  function rawStatements(kind: RawKind, pick: number): string[] {
    const value = ++n;
    const row = (id: string, slot: string): string =>
      `INSERT OR REPLACE INTO items (id, createdAt, updatedAt, n, slot) VALUES ('${id}', 0, 0, ${value}, ${slot})`;
    switch (kind) {
      case "replace":
        return [row(`raw-${pick % 4}`, String((pick % 4) * 3)), row(`raw-${(pick + 1) % 4}`, String((pick % 4) * 3))];
      case "insert":
        return [row(`raw-${value}`, "NULL")];
      case "deleteAll":
        return [`DELETE FROM ${pick % 2 ? "items" : "notes"}`];
      case "updateAll":
        return [`UPDATE ${pick % 2 ? "items" : "notes"} SET n = ${value}`];
      case "bulk":
        n += 300;
        return [
          `WITH RECURSIVE each(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM each WHERE i < ${150 + (pick % 150)})
           INSERT INTO notes (id, createdAt, updatedAt, n, text) SELECT 'bulk-${value}-' || i, 0, 0, ${value} + i, '' FROM each`,
        ];
    }
  }

  function dozeAll(): void {
    for (const subscriber of subscribersOf())
      subscriber.doze(window !== "wide" || subscriber.generator || !subscriber.isSettled());
  }

  /** `amid`: what else goes on at the same time may make it fail. */
  async function run(step: Step, amid?: Doing<"together">): Promise<void> {
    const client = "client" in step ? anyOf(clients, step.client) : undefined;
    const isLive = client !== undefined && client.session.revokedAt === Infinity;
    switch (step.do) {
      case "write": {
        if (step.how === "socket" && client?.isOpen() && !client.stalled) return overSocket(client, [], step.turns);
        const session = anyOf(alive(), step.client);
        const may = amid?.steps.some((each) => each.do === "abort") ?? false;
        return session && overHttp(step.how === "socket" ? "http" : step.how, session, step.turns, may);
      }
      case "raw": {
        const stub = object();
        await stub.raw(rawStatements(step.kind, step.pick));
        // What is written past the tables is told when the object hears of the next call.
        await alive()[0]?.http.touch.query();
        return;
      }
      case "connect": {
        const session = anyOf(alive(), step.session);
        if (!session || clients.length >= 8) return;
        const made = createClient(`tab${clients.length + 1}`, session, step.keeps, path, () => news());
        clients.push(made);
        await made.open();
        return;
      }
      case "subscribe": {
        if (!isLive || !client.isOpen() || client.stalled || client.owesPong) return;
        await capture();
        const [id, subscriber] = newSubscriber(client, step.source);
        if (step.writes.length === 0) {
          subscribe(client, id, subscriber);
        } else {
          subscriber.start(undefined, may());
          const message = client.subscribeMessage(id, subscriber, undefined);
          await overSocket(client, [message], [{ writes: step.writes, fail: false }]);
        }
        return started(client);
      }
      case "crowd": {
        if (!isLive || !client.isOpen() || client.stalled || client.owesPong) return;
        await capture();
        for (const source of ["items", "notes", "watchItems", "items", "notes", "watchNotes", "items"] as const) {
          const [id, subscriber] = newSubscriber(client, source);
          // Together more than an attachment holds.
          subscribe(client, id, subscriber, may(), "x".repeat(2_000));
        }
        return started(client);
      }
      case "stop": {
        const id = client && anyOf([...client.subscribers.keys()], step.pick);
        if (id === undefined) return;
        client?.subscribers.delete(id);
        return client?.send({ id, method: "subscription.stop" });
      }
      case "drop":
        figures.drops++;
        return client?.close();
      case "halfOpen":
        // The object would wait for it, and so could not be evicted.
        if (window === "narrow" || !isLive) return;
        figures.drops++;
        return client.leave();
      case "comeBack": {
        // Where one without a cursor starts is not known while something is written.
        const unclear = amid && client && subscribersOf([client]).some((each) => !cursorOf(client, each));
        return isLive && !unclear ? comeBack(client) : undefined;
      }
      case "stall":
        if (client?.isOpen()) client.stalled = true;
        return;
      case "read":
        return client?.read();
      case "forge": {
        if (!isLive) return;
        client.close();
        await client.open();
        await capture();
        for (const [id, subscriber] of client.subscribers) {
          const cursor = ["nonsense", `${history.head() + 9}.0123456789abcdef`, "1.0123456789abcdef", "-1.x"][
            step.pick
          ];
          subscriber.start(cursorOf(client, subscriber), may());
          subscriber.forge();
          client.send(client.subscribeMessage(id, subscriber, cursor));
        }
        return started(client);
      }
      case "evict": {
        // A timer waits for each client that was asked to show that it reads.
        if (window === "narrow" && clients.some(({ owesPong }) => owesPong)) return;
        dozeAll();
        for (const subscriber of subscribersOf()) subscriber.resumeFromOwn();
        if (step.sockets === "close") for (const each of clients) each.leave();
        try {
          await evictDurableObject(object(), { webSockets: step.sockets });
          figures.evictions++;
        } catch (error) {
          if (!/not currently running/.test(String(error))) throw error;
        }
        return;
      }
      case "abort":
        figures.aborts++;
        for (const each of clients) each.leave();
        return abortAllDurableObjects();
      case "prune": {
        await capture();
        // One that lags, because its client does not read, may lose what it was still owed.
        for (const each of clients)
          for (const subscriber of subscribersOf([each]))
            if (each.owesPong || subscriber.owed() !== undefined) subscriber.doze(false);
        figures.pruned += await runInDurableObject(object(), (_instance, { storage: { sql } }) => {
          const gone = createChangeLog(sql).prune({ maxRows: step.keep, maxAgeMs: Number.MAX_SAFE_INTEGER });
          const [first] = sql.exec("SELECT min(seq) AS seq FROM _changes WHERE seq > 1").toArray();
          prunedTo = Number(first?.["seq"] ?? 2) - 1;
          return gone;
        });
        return;
      }
      case "lapse":
        lapsed = true;
        figures.lapses++;
        vi.setSystemTime(Date.now() + 16 * 60_000);
        for (const subscriber of subscribersOf()) subscriber.doze(true);
        return;
      case "signIn":
        if (sessions.length < 5) sessions.push(await signIn(path, email, false));
        return;
      case "revoke":
        return revoke(step);
      case "sync":
        return sync();
      case "together":
        await Promise.all(step.steps.map((each) => run(each, step)));
        return;
    }
  }

  return {
    async step(step: Step, index: number): Promise<void> {
      vi.setSystemTime(Date.now() + 3);
      for (const [place, client] of clients.entries()) {
        if (client.asked && client.session.revokedAt === Infinity && (place + index) % 2 === 0) await comeBack(client);
      }
      await run(step);
      const sleeps = step.do === "evict";
      // Reading the log would wake an object that was just put to sleep.
      if (!sleeps) await capture();
      for (const subscriber of subscribersOf()) subscriber.endStep();
    },

    async end(): Promise<void> {
      await sync();
      for (const subscriber of subscribersOf()) {
        figures.events += subscriber.told();
        figures.resets += subscriber.resets();
      }
      figures.subscribers += subscribersOf().length;
      for (const client of clients) client.close();
    },
  };
}
