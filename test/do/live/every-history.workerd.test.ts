import { runDurableObjectAlarm } from "cloudflare:test";
import fc from "fast-check";
import superjson from "superjson";
import { afterEach, expect, it, vi } from "vitest";
import { openLiveSocket, signInToLive, signUpToLive, type LiveClient, type LiveSocket } from "../../fixtures/live.js";

/** The resources of a step beside the session that makes most writes. */
interface Around {
  /** Another session of the same user. */
  readonly other: LiveClient;
  /** The first session's socket. */
  readonly socket: LiveSocket;
  /** Runs due work in the object's alarm. */
  readonly alarm: () => Promise<unknown>;
}

interface Step {
  readonly write: (http: LiveClient, ids: string[], around: Around) => Promise<unknown>;
  readonly sleeps: boolean;
}

/** Long enough that no real clock gets there during a test. */
const TTL = 40;

const small = fc.constantFrom("a", "b", "c", "d");
const rank = fc.integer({ min: 0, max: 4 });
const at = fc.nat({ max: 11 });
const data = fc.record({ theme: small, rank }, { requiredKeys: [] });
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
  // A key with an expiry may get another one, or none.
  {
    weight: 2,
    arbitrary: fc.tuple(small, rank, fc.constantFrom(1, 2)).map(
      ([key, value, times]) =>
        (http: LiveClient) =>
          http.kv.set.mutate({ key: `k/${key}`, value, ttl: times * TTL }),
    ),
  },
  // The clock advances, so keys with the shorter expiry expire.
  {
    weight: 2,
    arbitrary: fc.constant(async (_http: LiveClient, _ids: string[], { alarm }: Around) => {
      vi.setSystemTime(Date.now() + (TTL + 1) * 1_000);
      await alarm();
    }),
  },
  // Writes of either session; those of the first also over its socket, and together with other commits.
  data.map(
    (values) =>
      (http: LiveClient): Promise<unknown> =>
        http.sessions.data.set.mutate(values),
  ),
  data.map(
    (values) =>
      (_http: LiveClient, _ids: string[], { other }: Around) =>
        other.sessions.data.merge.mutate(values),
  ),
  data.map(
    (values) =>
      (_http: LiveClient, _ids: string[], { socket }: Around) =>
        mutateOver(socket, "sessions.data.merge", values),
  ),
  data.map(
    (values) =>
      (http: LiveClient, _ids: string[], { other }: Around) =>
        Promise.all([
          http.sessions.data.merge.mutate(values),
          http.sessions.data.clear.mutate(),
          http.sessions.data.merge.mutate({ ...values, last: true }),
          other.sessions.data.clear.mutate(),
        ]),
  ),
  // Several commits, which may be delivered together.
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

let messages = 1_000;

/** Calls a mutation over a socket, and waits for its reply. */
async function mutateOver(socket: LiveSocket, path: string, input: unknown): Promise<void> {
  const id = ++messages;
  socket.send({ id, method: "mutation", params: { path, input: superjson.serialize(input) } });
  let { length } = socket.frames;
  while (!socket.frames.some((frame) => frame.id === id)) ({ length } = await socket.until(length + 1));
  expect(socket.frames.find((frame) => frame.id === id)).toHaveProperty("result");
}

/** Each watched query, and how to run it from scratch. */
const queries: readonly [path: string, input: unknown, ask: (http: LiveClient) => Promise<unknown>][] = [
  ["notes.list", undefined, (http) => http.notes.list.query()],
  ["notes.texts", undefined, (http) => http.notes.texts.query()],
  ["notes.of", { list: "a" }, (http) => http.notes.of.query({ list: "a" })],
  ["notes.of", { list: "b" }, (http) => http.notes.of.query({ list: "b" })],
  ["notes.above", { rank: 2 }, (http) => http.notes.above.query({ rank: 2 })],
  ["notes.count", { list: "c" }, (http) => http.notes.count.query({ list: "c" })],
  ["notes.page", { limit: 2 }, (http) => http.notes.page.query({ limit: 2 })],
  ["notes.chosen", undefined, (http) => http.notes.chosen.query()],
  ["notes.window", undefined, (http) => http.notes.window.query()],
  ["notes.tagged", undefined, (http) => http.notes.tagged.query()],
  ["notes.raw", undefined, (http) => http.notes.raw.query()],
  ["kv.get", { key: "k/a" }, (http) => http.kv.get.query({ key: "k/a" })],
  ["kv.getEntry", { key: "k/b" }, (http) => http.kv.getEntry.query({ key: "k/b" })],
  ["kv.list", { prefix: "k/" }, (http) => http.kv.list.query({ prefix: "k/" })],
  ["kv.list", { prefix: "k/", limit: 1 }, (http) => http.kv.list.query({ prefix: "k/", limit: 1 })],
  ["sessions.data.get", undefined, (http) => http.sessions.data.get.query()],
];

afterEach(() => void vi.useRealTimers());

it("gives each live query the result of a fresh run after each commit of any history", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ write, sleeps: fc.boolean() }), { minLength: 4, maxLength: 14 }),
      async (steps) => {
        vi.useFakeTimers({ toFake: ["Date"] });
        const { browser, http, cursor, sleep, email, object } = await signUpToLive();
        const other = await signInToLive(email);
        const socket = await openLiveSocket(browser);
        const sessions = [
          { http, cursor, socket },
          { http: other.http, cursor: other.cursor, socket: await openLiveSocket(other.browser) },
        ].map((session) => ({
          ...session,
          watched: queries.map(([path, input]) => session.socket.watch(path, input)),
        }));
        await Promise.all(sessions.map((session) => session.socket.settled()));
        const around: Around = { other: other.http, socket, alarm: () => runDurableObjectAlarm(object) };
        const ids: string[] = [];
        for (const { write: run, sleeps } of steps) {
          if (sleeps) await sleep();
          await run(http, ids, around);
          for (const session of sessions) {
            await session.http.kv.increment.mutate({ key: "steps" });
            await session.socket.reached(session.cursor());
            const fresh = await Promise.all(queries.map(([, , ask]) => ask(session.http)));
            expect(session.watched.map((id) => session.socket.results(id).at(-1))).toEqual(fresh);
          }
        }
        for (const session of sessions) {
          for (const id of session.watched) {
            // No result is delivered twice in a row.
            const delivered = session.socket.results(id).map((result) => JSON.stringify(result));
            expect(delivered.filter((text, index) => text === delivered[index - 1])).toEqual([]);
          }
          session.socket.socket.close();
        }
        vi.useRealTimers();
      },
    ),
    { numRuns: 12 },
  );
}, 180_000);
