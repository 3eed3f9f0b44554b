import { initTRPC } from "@trpc/server";
import fc from "fast-check";
import superjson, { type SuperJSONResult } from "superjson";
import { describe, expect, it } from "vitest";
import { createLiveDeltas, type IncomingData } from "../../../src/client/live-deltas.js";
import { createLiveResults, type LiveEvent, type ResultVersion } from "../../../src/do/live/live-result.js";
import { transformer } from "../../../src/router/transformer.js";
import { copyValue, superjsonValue } from "../../fixtures/superjson-value.js";

type Row = Record<string, unknown>;

const toResult = createLiveResults(initTRPC.create({ transformer }).router({}));
const frameOf = ({ text }: LiveEvent) => (JSON.parse(`{${text}}`) as { readonly result: IncomingData }).result;

/** A server that keeps its last result, and a client that has received it. */
function createPair() {
  const lost: unknown[] = [];
  const client = createLiveDeltas({ transformer: superjson, onLost: (id) => lost.push(id) });
  client.begin(1, undefined);
  let previous: ResultVersion | undefined;
  let sent = 0;

  /** Sends a result, as a delta if that is possible. Returns what the page receives. */
  function send(data: unknown) {
    const result = toResult(data, { previous, keeps: true });
    const id = `${++sent}.nonce.${result.hash}`;
    const delta = result.delta(id);
    const whole = result.whole(id);
    previous = result.version;
    const read = client.read(1, frameOf(delta ?? whole));
    const received = client.deserialize(read?.data) as { readonly id: string; readonly data: unknown };
    expect(received.id).toBe(id);
    return { received: received.data, delta, whole, hash: result.hash };
  }
  return { client, lost, send };
}

/** Returns the result in an event, as tRPC's own client reads it. */
const wholeOf = (event: LiveEvent): unknown =>
  superjson.deserialize<{ readonly data: unknown }>(frameOf(event).data as never).data;

/** Returns the result in an event, without objects that occur several times in it. */
function wholeWithoutIdentities(event: LiveEvent): unknown {
  const { json, meta } = frameOf(event).data as SuperJSONResult;
  const { referentialEqualities: _omitted, ...rest } = meta ?? {};
  return superjson.deserialize<{ readonly data: unknown }>({ json, meta: rest } as SuperJSONResult).data;
}

/** The text of a value, with the order of keys. */
const textOf = (value: unknown): string => superjson.stringify(value);

const field = fc.oneof({ weight: 3, arbitrary: fc.integer({ max: 3 }) }, superjsonValue);
const fields = fc.dictionary(fc.constantFrom("a", "b", "c.d", "e\\", "7", ""), field, { maxKeys: 4 });
const rowId = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.constantFrom("0", "1", "a", "b", "c", "d"));
const row = fc.oneof(
  { weight: 80, arbitrary: fc.tuple(rowId, fields).map(([id, rest]) => ({ id, ...rest })) },
  // The id is in another place.
  { weight: 10, arbitrary: fc.tuple(rowId, fields).map(([id, rest]) => ({ ...rest, id })) },
  // Rows without ids, and values that are no rows.
  { weight: 1, arbitrary: fields },
  { weight: 1, arbitrary: superjsonValue },
);
const unique = fc.uniqueArray(row, { selector: (each) => (each as Row | null)?.["id"], maxLength: 7 });
const list = fc.oneof({ weight: 9, arbitrary: unique }, { weight: 1, arbitrary: fc.array(row, { maxLength: 4 }) });
/** A change of a list that leaves most of it as it was. */
const change = fc.oneof(
  fc.tuple(fc.nat(6), field, fc.constantFrom("a", "b", "c.d", "new")).map(
    ([at, value, name]) =>
      (rows: readonly unknown[]) =>
        rows.map((each, index) => (index === at ? { ...(each as Row), [name]: value } : each)),
  ),
  fc.tuple(fc.nat(6), fc.constantFrom("a", "b", "c.d")).map(
    ([at, name]) =>
      (rows: readonly unknown[]) =>
        rows.map((each, index) => {
          if (index !== at) return each;
          const { [name]: _removed, ...rest } = each as Row;
          return rest;
        }),
  ),
  fc.nat(6).map((at) => (rows: readonly unknown[]) => rows.filter((_, index) => index !== at)),
  fc.tuple(fc.nat(6), row).map(
    ([at, added]) =>
      (rows: readonly unknown[]) =>
        rows.toSpliced(at, 0, added),
  ),
  fc.tuple(fc.nat(6), fc.nat(6)).map(
    ([from, to]) =>
      (rows: readonly unknown[]) =>
        rows.toSpliced(from, 1).toSpliced(to, 0, ...rows.slice(from, from + 1)),
  ),
  fc.constant((rows: readonly unknown[]) => rows.toReversed()),
  fc.constant(() => []),
  list.map((rows) => () => rows),
);
const shapes: ((rows: readonly unknown[], cursor: unknown) => unknown)[] = [
  (rows) => rows,
  (items, nextCursor) => ({ items, nextCursor }),
  (rows, cursor) => ({ cursor, rows, more: [{ id: "other" }] }),
  (rows, cursor) => ({ deep: { rows }, cursor }),
];

describe("a delta", () => {
  it("gives the client exactly the whole result, whatever changes", () => {
    let deltas = 0;
    fc.assert(
      fc.property(
        list,
        fc.array(fc.tuple(change, fc.oneof(fc.constant("same"), field)), { maxLength: 6 }),
        fc.constantFrom(...shapes),
        (first, changes, shape) => {
          const { lost, send } = createPair();
          let rows: readonly unknown[] = first;
          for (const [apply, cursor] of [[(same: readonly unknown[]) => same, "same"] as const, ...changes]) {
            rows = apply(rows);
            // Each run of a query returns new objects.
            const data = copyValue(shape(rows, cursor));
            const { received, delta, whole, hash } = send(data);
            // superjson counts NaNs and equal bigints as one object, and loses some of them in Maps. A delta does not.
            const expected = delta ? wholeWithoutIdentities(whole) : wholeOf(whole);
            expect(textOf(received)).toBe(textOf(expected));
            expect(received).toEqual(expected);
            // The hash does not depend on what the server kept.
            expect(toResult(data).hash).toBe(hash);
            if (delta) deltas++;
          }
          expect(lost).toEqual([]);
        },
      ),
      { numRuns: 1_000 },
    );
    expect(deltas).toBeGreaterThan(500);
  });

  const posts = (length: number): Row[] =>
    Array.from({ length }, (_, index) => ({
      id: `post ${index}`,
      title: `Title ${index}`,
      body: "a text of some words",
      at: new Date(index),
    }));

  it("is at most 2 % of a list of 1,000 rows for one changed, added, deleted or moved row", () => {
    const { send } = createPair();
    const rows = posts(1_000);
    send(rows);
    for (const [name, next] of Object.entries({
      changed: rows.with(500, { ...rows[500], title: "New" }),
      added: [...posts(1).map((post) => ({ ...post, id: "first" })), ...rows],
      deleted: rows.toSpliced(700, 1),
      moved: [...rows.slice(1), ...rows.slice(0, 1)],
    })) {
      const { delta, whole, hash } = send(copyValue(next));
      expect(toResult(next).hash).toBe(hash);
      expect([name, (delta?.bytes ?? Infinity) / whole.bytes]).toEqual([
        name,
        expect.toSatisfy((share) => share < 0.02),
      ]);
    }
  });

  it("keeps the identity of rows that have not changed", () => {
    const { send } = createPair();
    const first = send(posts(3)).received as Row[];
    const next = send(posts(3).with(1, { ...posts(3)[1], title: "New" })).received as Row[];
    expect([next[0] === first[0], next[1] === first[1], next[2] === first[2]]).toEqual([true, false, true]);
    expect(next).not.toBe(first);
  });

  it("does not contain changes that the page has made to an earlier result", () => {
    const { send } = createPair();
    const first = send({ items: posts(4), nextCursor: null }).received as { items: Row[] };
    const [one, two, three] = first.items as [Row, Row, Row];
    one["title"] = "Changed by the page";
    delete two["body"];
    (three["at"] as Date).setTime(9_999_999);
    first.items.reverse();
    const changed = posts(4).with(3, { ...posts(4)[3], title: "New" });
    const next = send({ items: changed, nextCursor: null });
    expect(next.delta?.bytes).toBeLessThan(next.whole.bytes);
    expect(next.received).toEqual({ items: changed, nextCursor: null });
  });

  it("is not sent when the whole result is shorter, or is not a list of rows with ids", () => {
    const others = (rows: Row[]): Row[] => rows.map(({ id, ...rest }) => ({ ...rest, id: `other ${String(id)}` }));
    for (const [before, after] of [
      [posts(3), others(posts(3))],
      [posts(3), []],
      [[], posts(3)],
      [posts(3), posts(3).map(({ id: _id, ...rest }) => rest)],
      [posts(3), [...posts(3), ...posts(1)]],
      [posts(3), { items: posts(3) }],
      [{ a: { items: posts(3) } }, { a: { items: posts(2) } }],
    ]) {
      const { send } = createPair();
      send(before);
      const { delta, received } = send(after);
      expect(delta).toBeUndefined();
      expect(received).toEqual(after);
    }
  });

  it("is not sent for rows that contain an object twice, or themselves", () => {
    const shared = { name: "shared" };
    const cycle: Row = { id: "cycle" };
    cycle["self"] = cycle;
    const [first, second]: Row[] = [{ id: 1 }, { id: 2 }];
    Object.assign(first ?? {}, { next: second });
    Object.assign(second ?? {}, { next: first });
    const withList: Row[] = [{ id: "parent" }];
    Object.assign(withList[0] ?? {}, { list: withList });
    for (const rows of [[{ id: 1, a: shared, b: shared }], [cycle], [first, second], [{ id: "parent", withList }]]) {
      const { send } = createPair();
      send([...posts(20), ...rows]);
      const { delta, received, whole } = send([...posts(21), ...rows]);
      expect(delta).toBeUndefined();
      expect(received).toEqual(wholeOf(whole));
    }
  });

  it("is sent for rows that share an object, with the same hash whether or not they do", () => {
    const author = { name: "author" };
    const rows = (shared: boolean) => posts(20).map((post) => ({ ...post, author: shared ? author : { ...author } }));
    expect(toResult(rows(true)).hash).toBe(toResult(rows(false)).hash);
    const { send } = createPair();
    send(rows(true));
    const changed = rows(true).with(1, { ...posts(1)[0], id: "post 1", author } as never);
    const { delta, received, whole } = send(changed);
    expect(delta?.bytes).toBeLessThan(whole.bytes);
    expect(received).toEqual(changed);
  });

  it("has the hash of the whole result if a field without a name contains a value twice", () => {
    const rows = [
      {
        id: 0,
        "": new Map([
          [1, Number.NaN],
          [2, Number.NaN],
        ]),
      },
    ];
    const previous = toResult([{ id: 0 }], { keeps: true }).version;
    expect(previous?.rows.rows).toHaveLength(1);
    expect(toResult(rows, { previous, keeps: true }).hash).toBe(toResult(rows).hash);
  });

  it("is sent for rows with equal bigints", () => {
    const { send } = createPair();
    const rows = posts(20).map((post) => ({ ...post, likes: 0n, shares: 0n }));
    send(rows);
    const { delta, received, whole } = send(rows.with(3, { ...rows[3], likes: 5n, shares: 5n } as never));
    expect(delta?.bytes).toBeLessThan(whole.bytes);
    expect(received).toEqual(rows.with(3, { ...rows[3], likes: 5n, shares: 5n } as never));
  });

  it("contains the changes of an object that the query returns again", () => {
    const { send } = createPair();
    const rows = posts(20);
    send(rows);
    Object.assign(rows[3] ?? {}, { title: "New" });
    const { delta, received, whole } = send(rows);
    expect(delta?.bytes).toBeLessThan(whole.bytes);
    expect((received as Row[])[3]).toEqual({ ...posts(20)[3], title: "New" });
  });

  it("makes the client ask for the whole result if it does not have the base", () => {
    const { client, lost, send } = createPair();
    const old = send(posts(20)).hash;
    const { delta } = send(posts(21));
    expect(client.begin(1, `1.nonce.${old}`)).toBe(false);
    expect(client.read(1, frameOf(delta as LiveEvent))).toBeUndefined();
    expect(lost).toEqual([1]);
    expect(client.read(1, { id: "3.nonce.hash", delta: { base: "unknown" } })).toBeUndefined();
  });

  it("makes the client ask for the whole result if it does not fit the base", () => {
    const { client, lost, send } = createPair();
    const base = send(posts(20)).hash;
    expect(client.read(1, { id: "2.nonce.hash", delta: { base, update: [{ at: 20, set: {} }] } })).toBeUndefined();
    expect(lost).toEqual([1]);
  });

  it("continues after a reconnect, if the client has the result of its last event", () => {
    const { client, lost, send } = createPair();
    const { hash } = send(posts(20));
    expect(client.begin(1, `1.nonce.${hash}`)).toBe(true);
    expect(send(posts(21)).received).toEqual(posts(21));
    expect(lost).toEqual([]);
  });
});
