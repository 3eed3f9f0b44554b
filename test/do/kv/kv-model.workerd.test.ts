import fc from "fast-check";
import { afterEach, expect, it, vi } from "vitest";
import type { Kv } from "../../../src/router/kv/kv-api.js";
import { encodeJson } from "../../../src/do/tables/codec/json-codec.js";
import { codeOf } from "../tables/code-of.js";
import { withKv, type KvStorage } from "./with-kv.js";

afterEach(() => void vi.useRealTimers());

interface Entry {
  readonly value: unknown;
  readonly version: number;
  readonly expiresAt: number;
}

/** A model of keys and values, as simple as possible. */
class Model {
  readonly entries = new Map<string, Entry>();

  alive(key: string): Entry | undefined {
    const entry = this.entries.get(key);
    return entry && entry.expiresAt > Date.now() ? entry : undefined;
  }

  list(prefix: string): string[] {
    const keys = [...this.entries.keys()].filter((key) => this.alive(key) && key.startsWith(prefix));
    const bytes = (text: string) =>
      [...new TextEncoder().encode(text)].map((byte) => String.fromCharCode(byte)).join("");
    return keys.sort((one, other) => (bytes(one) < bytes(other) ? -1 : 1));
  }
}

interface Run extends KvStorage {
  readonly model: Model;
}

type Step = (run: Run) => void;
type Guess = "none" | "right" | "wrong" | "absent";

// Few, so that each of them is used often.
const key = fc.constantFrom("a", "a", "a:", "a:1", "a%", "\uffff", "\u{1f600}");
const prefix = fc.constantFrom("", "a", "a:", "a%", "\u{1f600}", "zz");
const value = fc.anything({ withDate: true, withMap: true, withSet: true, withBigInt: true, maxDepth: 3 });
const guess = fc.constantFrom<Guess>("none", "none", "right", "wrong", "absent");

function versionOf({ model }: Run, name: string, guessed: Guess): number | undefined {
  if (guessed === "none") return undefined;
  if (guessed === "absent") return 0;
  return (model.alive(name)?.version ?? 0) + (guessed === "wrong" ? 1 : 0);
}

function isCurrent({ model }: Run, name: string, ifVersion: number | undefined): boolean {
  return ifVersion === undefined || ifVersion === (model.alive(name)?.version ?? 0);
}

const set = fc
  .tuple(
    key,
    fc.oneof(value, fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true })),
    guess,
    fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined, freq: 2 }),
  )
  .map(([name, what, guessed, ttl]): Step => (run) => {
    const { kv, model, sql } = run;
    const ifVersion = versionOf(run, name, guessed);
    const before = logLength(sql);
    let version = 0;
    const code = codeOf(() => ({ version } = kv.set(name, what, { ifVersion, ttl })));
    // Values that cannot be stored are covered by another test. They change nothing, which the end of the step checks.
    if (code === "BAD_REQUEST") return;
    expect(code).toBe(isCurrent(run, name, ifVersion) ? undefined : "CONFLICT");
    if (code !== undefined) return;
    expect(logLength(sql) - before).toBe(1);
    for (const entry of model.entries.values()) expect(entry.version).not.toBe(version);
    model.entries.set(name, {
      value: kv.get(name),
      version,
      expiresAt: ttl === undefined ? Infinity : Date.now() + ttl * 1000,
    });
    // By its text, which has one zero. The codec's own test checks that the text is complete.
    expect(encodeJson(kv.get(name))).toBe(encodeJson(what));
  });

const remove = fc.tuple(key, guess).map(([name, guessed]): Step => (run) => {
  const { kv, model, sql } = run;
  const ifVersion = versionOf(run, name, guessed);
  const before = logLength(sql);
  let gone = false;
  const code = codeOf(() => (gone = kv.delete(name, { ifVersion })));
  expect(code).toBe(isCurrent(run, name, ifVersion) ? undefined : "CONFLICT");
  if (code !== undefined) return;
  expect(gone).toBe(model.alive(name) !== undefined);
  expect(logLength(sql) - before).toBe(gone ? 1 : 0);
  if (gone) model.entries.delete(name);
});

const increment = fc
  .tuple(key, fc.oneof(fc.integer(), fc.double({ noNaN: true })))
  .map(([name, by]): Step => ({ kv, model }) => {
    const entry = model.alive(name);
    const before = entry ? entry.value : 0;
    const sum = typeof before === "number" ? before + by : Number.NaN;
    const code = codeOf(() => expect(kv.increment(name, by)).toBe(sum));
    expect(code).toBe(Number.isFinite(sum) && Number.isFinite(by) ? undefined : "BAD_REQUEST");
    if (code !== undefined) return;
    const { version = 0 } = kv.getEntry(name) ?? {};
    model.entries.set(name, { value: sum, version, expiresAt: entry?.expiresAt ?? Infinity });
  });

const list = fc
  .tuple(prefix, fc.option(key), fc.integer({ min: 1, max: 4 }))
  .map(([start, after, limit]): Step => ({ kv, model }) => {
    const all = model.list(start);
    const rest = after === null ? all : all.slice(all.filter((name) => !isAfter(name, after)).length);
    const { items, nextCursor } = kv.list({ prefix: start, cursor: after, limit });
    expect(items.map((item) => item.key)).toEqual(rest.slice(0, limit));
    expect(nextCursor).toBe(rest.length > limit ? rest[limit - 1] : null);
  });

const wait = fc.integer({ min: 1, max: 15_000 }).map(
  (ms): Step =>
    () =>
      void vi.setSystemTime(Date.now() + ms),
);
const purge = fc.integer({ min: 1, max: 5 }).map(
  (count): Step =>
    ({ store }) =>
      store.deleteExpired(Date.now(), count),
);

it("agrees with a plain map after any history of sets, deletes, increments, lists and time", { timeout: 60_000 }, () =>
  withKv((storage) => {
    fc.assert(
      fc.property(fc.array(fc.oneof(set, set, remove, increment, list, wait, purge), { maxLength: 40 }), (steps) => {
        vi.useFakeTimers({ now: 1_000_000 });
        storage.sql.exec("DELETE FROM _kv");
        const run: Run = { ...storage, model: new Model() };
        for (const step of steps) {
          step(run);
          expect(contentOf(storage.kv)).toEqual(
            run.model.list("").map((name) => {
              const { value: stored, version, expiresAt } = run.model.entries.get(name)!;
              return [name, stored, version, expiresAt === Infinity ? undefined : new Date(expiresAt)];
            }),
          );
        }
      }),
      { numRuns: 300 },
    );
  }),
);

function contentOf(kv: Kv): unknown[] {
  return kv.list().items.map(({ key: name, value: stored, version, expiresAt }) => [name, stored, version, expiresAt]);
}

function isAfter(one: string, other: string): boolean {
  const [left, right] = [one, other].map((text) => new TextEncoder().encode(text)) as [Uint8Array, Uint8Array];
  for (let index = 0; index < left.length; index++) {
    if (left[index] !== right[index]) return (left[index] ?? 0) > (right[index] ?? -1);
  }
  return false;
}

function logLength(sql: SqlStorage): number {
  return Number(sql.exec("SELECT count(*) AS n FROM _changes").one()["n"]);
}
