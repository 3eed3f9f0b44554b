import fc from "fast-check";
import { expect, it } from "vitest";
import { openLiveSocket, signUpToLive, type LiveClient } from "../../fixtures/live.js";

interface Step {
  readonly write: (http: LiveClient, ids: string[]) => Promise<unknown>;
  readonly sleeps: boolean;
}

const small = fc.constantFrom("a", "b", "c", "d");
const rank = fc.integer({ min: 0, max: 4 });
const at = fc.nat({ max: 11 });
const pick = (ids: readonly string[], position: number): string => ids[position % ids.length] ?? crypto.randomUUID();

const write: fc.Arbitrary<Step["write"]> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .record({ text: small, list: small, rank, done: fc.boolean(), label: fc.option(small) })
      .map(
        (values) => async (http: LiveClient, ids: string[]) => ids.push((await http.notes.create.mutate(values)).id),
      ),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(
        at,
        fc.record(
          { text: small, list: small, rank, done: fc.boolean(), label: fc.option(small) },
          { requiredKeys: [] },
        ),
      )
      .map(
        ([position, values]) =>
          async (http: LiveClient, ids: string[]) =>
            http.notes.update.mutate({ id: pick(ids, position), values }).catch(() => undefined),
      ),
  },
  {
    weight: 2,
    arbitrary: at.map((position) => async (http: LiveClient, ids: string[]) => {
      await http.notes.delete.mutate({ id: pick(ids, position) });
    }),
  },
  small.map(
    (text) => async (http: LiveClient, ids: string[]) => ids.push((await http.notes.createTagged.mutate({ text })).id),
  ),
  fc.tuple(small, rank).map(
    ([key, value]) =>
      (http: LiveClient) =>
        http.kv.set.mutate({ key: `k/${key}`, value }),
  ),
  small.map((key) => (http: LiveClient) => http.kv.delete.mutate({ key: `k/${key}` })),
  // Several commits, which may be told together.
  fc.tuple(small, at).map(
    ([text, position]) =>
      (http: LiveClient, ids: string[]) =>
        Promise.all([
          http.notes.createTwice.mutate({ text, list: text }),
          http.notes.update.mutate({ id: pick(ids, position), values: { list: text } }).catch(() => undefined),
          http.notes.delete.mutate({ id: pick(ids, position + 1) }),
        ]),
  ),
);

/** Each query that is watched, and how it is asked from scratch. */
const queries: readonly [path: string, input: unknown, ask: (http: LiveClient) => Promise<unknown>][] = [
  ["notes.list", undefined, (http) => http.notes.list.query()],
  ["notes.texts", undefined, (http) => http.notes.texts.query()],
  ["notes.of", { list: "a" }, (http) => http.notes.of.query({ list: "a" })],
  ["notes.of", { list: "b" }, (http) => http.notes.of.query({ list: "b" })],
  ["notes.above", { rank: 2 }, (http) => http.notes.above.query({ rank: 2 })],
  ["notes.count", { list: "c" }, (http) => http.notes.count.query({ list: "c" })],
  ["notes.page", { size: 2 }, (http) => http.notes.page.query({ size: 2 })],
  ["notes.chosen", undefined, (http) => http.notes.chosen.query()],
  ["notes.window", undefined, (http) => http.notes.window.query()],
  ["notes.tagged", undefined, (http) => http.notes.tagged.query()],
  ["notes.raw", undefined, (http) => http.notes.raw.query()],
  ["kv.get", { key: "k/a" }, (http) => http.kv.get.query({ key: "k/a" })],
  ["kv.list", { prefix: "k/" }, (http) => http.kv.list.query({ prefix: "k/" })],
];

it("E3 P1 after each commit of any history, each live query shows what a run from scratch does", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ write, sleeps: fc.boolean() }), { minLength: 4, maxLength: 14 }),
      async (steps) => {
        const { browser, http, cursor, sleep } = await signUpToLive();
        const socket = await openLiveSocket(browser);
        const watched = queries.map(([path, input]) => socket.watch(path, input));
        await socket.settled();
        const ids: string[] = [];
        for (const { write: run, sleeps } of steps) {
          if (sleeps) await sleep();
          await run(http, ids);
          await http.kv.increment.mutate({ key: "steps" });
          await socket.reached(cursor());
          const fresh = await Promise.all(queries.map(([, , ask]) => ask(http)));
          expect(watched.map((id) => socket.results(id).at(-1))).toEqual(fresh);
        }
        for (const id of watched) {
          // No result is told twice in a row.
          const told = socket.results(id).map((result) => JSON.stringify(result));
          expect(told.filter((text, index) => text === told[index - 1])).toEqual([]);
        }
        socket.socket.close();
      },
    ),
    { numRuns: 12 },
  );
}, 60_000);
