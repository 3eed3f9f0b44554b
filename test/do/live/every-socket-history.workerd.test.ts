import { runInDurableObject } from "cloudflare:test";
import fc from "fast-check";
import { expect, it } from "vitest";
import { openLiveSocket, signInToLive, signUpToLive, type LiveClient, type LiveSocket } from "../../fixtures/live.js";

const small = fc.constantFrom("a", "b", "c");
const at = fc.nat(8);

type Query = readonly [
  path: string,
  input: unknown,
  ask: (http: LiveClient, ids: readonly string[]) => Promise<unknown>,
];

const idAt = (ids: readonly string[], position: number): string => ids[position] ?? `unknown ${position}`;

/** Queries that read a row, rows with a value, a key, a prefix, the session or a whole table. */
const query: fc.Arbitrary<(ids: readonly string[]) => Query> = fc.oneof(
  at.map((position) => (ids: readonly string[]): Query => {
    const id = idAt(ids, position);
    return ["notes.byId", { id }, (http) => http.notes.byId.query({ id })];
  }),
  small.map((list) => (): Query => ["notes.of", { list }, (http) => http.notes.of.query({ list })]),
  small.map((list) => (): Query => ["notes.count", { list }, (http) => http.notes.count.query({ list })]),
  fc.constant((): Query => ["notes.above", { rank: 2 }, (http) => http.notes.above.query({ rank: 2 })]),
  fc.constant((): Query => ["notes.tagged", undefined, (http) => http.notes.tagged.query()]),
  small.map((key) => (): Query => ["kv.get", { key }, (http) => http.kv.get.query({ key })]),
  small.map((prefix) => (): Query => ["kv.list", { prefix }, (http) => http.kv.list.query({ prefix })]),
  fc.constant((): Query => ["sessions.data.get", undefined, (http) => http.sessions.data.get.query()]),
);

type Step =
  | { readonly do: "open" | "close" | "sleep" | "index"; readonly socket: number }
  | { readonly do: "watch"; readonly socket: number; readonly query: (ids: readonly string[]) => Query }
  | { readonly do: "stop"; readonly socket: number; readonly watch: number }
  | { readonly do: "write"; readonly write: (http: LiveClient, ids: string[]) => Promise<unknown> };

const write: fc.Arbitrary<(http: LiveClient, ids: string[]) => Promise<unknown>> = fc.oneof(
  fc
    .record({ text: small, list: small, rank: fc.nat(4) })
    .map((values) => async (http: LiveClient, ids: string[]) => ids.push((await http.notes.create.mutate(values)).id)),
  fc.tuple(at, fc.record({ list: small, rank: fc.nat(4) }, { requiredKeys: [] })).map(
    ([position, values]) =>
      (http: LiveClient, ids: string[]) =>
        http.notes.update.mutate({ id: idAt(ids, position), values }).catch(() => undefined),
  ),
  at.map((position) => (http: LiveClient, ids: string[]) => http.notes.delete.mutate({ id: idAt(ids, position) })),
  small.map((text) => (http: LiveClient) => http.notes.createTagged.mutate({ text })),
  fc.tuple(small, fc.nat(3)).map(
    ([key, value]) =>
      (http: LiveClient) =>
        http.kv.set.mutate({ key, value }),
  ),
  small.map((key) => (http: LiveClient) => http.kv.delete.mutate({ key })),
  small.map((theme) => (http: LiveClient) => http.sessions.data.set.mutate({ theme })),
);

const socketNumber = fc.nat(2);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("open", "close"), socket: socketNumber }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constantFrom("sleep", "index"), socket: fc.constant(0) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("watch"), socket: socketNumber, query }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("stop"), socket: socketNumber, watch: fc.nat(3) }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant("write"), write }) },
);

interface Watch {
  readonly id: number;
  readonly query: Query;
}

interface OpenSocket {
  readonly socket: LiveSocket;
  readonly watches: Watch[];
}

it("gives each live query the result of a fresh run, whichever sockets open, subscribe, close and sleep", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 6, maxLength: 24 }), async (steps) => {
      const { browser, http, cursor, sleep, email, object } = await signUpToLive();
      const other = await signInToLive(email);
      const sessions = [
        { browser, http, cursor },
        { browser: other.browser, http: other.http, cursor: other.cursor },
      ];
      const sessionOf = (number: number) => sessions[number % 2] ?? sessions[0];
      const open: (OpenSocket | undefined)[] = [];
      const ids: string[] = [];

      async function check(): Promise<void> {
        for (const [number, each] of open.entries()) {
          const session = sessionOf(number);
          if (!each || !session || each.watches.length === 0) continue;
          await session.http.kv.increment.mutate({ key: "steps" });
          await each.socket.reached(session.cursor());
          const fresh = await Promise.all(each.watches.map(({ query: [, , ask] }) => ask(session.http, ids)));
          expect(each.watches.map(({ id }) => each.socket.results(id).at(-1))).toEqual(fresh);
        }
      }

      const isIndexed = (): Promise<boolean> =>
        runInDurableObject(object, (_instance, { storage }) => {
          const rows = storage.sql.exec("SELECT name, length(groups) AS bytes FROM _wake_index").toArray();
          return rows.every(({ name, bytes }) => name === "(complete)" || bytes !== 0);
        });

      for (const current of steps) {
        if (current.do === "write") {
          await current.write(http, ids);
          await check();
          continue;
        }
        if (current.do === "sleep") {
          // The object may already be hibernating.
          await sleep().catch(() => undefined);
          continue;
        }
        if (current.do === "index") {
          await expect.poll(isIndexed, { timeout: 10_000 }).toBe(true);
          continue;
        }
        const each = open[current.socket];
        const session = sessionOf(current.socket);
        if (current.do === "open" && !each && session) {
          open[current.socket] = { socket: await openLiveSocket(session.browser), watches: [] };
        } else if (current.do === "close") {
          each?.socket.socket.close();
          open[current.socket] = undefined;
        } else if (current.do === "stop" && each) {
          const [stopped] = each.watches.splice(current.watch, 1);
          if (stopped) each.socket.send({ id: stopped.id, method: "subscription.stop" });
        } else if (current.do === "watch") {
          const to = each ?? { socket: await openLiveSocket(session?.browser ?? browser), watches: [] };
          open[current.socket] = to;
          const watched = current.query(ids);
          to.watches.push({ id: to.socket.watch(watched[0], watched[1]), query: watched });
          await to.socket.settled();
        }
      }
      await check();
      for (const each of open) each?.socket.socket.close();
    }),
    { numRuns: 12 },
  );
}, 180_000);
