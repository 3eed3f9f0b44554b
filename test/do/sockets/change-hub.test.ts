import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createChangeHub } from "../../../src/do/change-log/change-hub.js";
import type { MissedChanges, Position } from "../../../src/do/change-log/flush.js";
import type { NetChange } from "../../../src/do/change-log/fold-changes.js";

it("notifies every listener of a flush, also when another one fails", () => {
  let seq = 1;
  const hub = createChangeHub({
    log: {
      head: () => ({ seq, nonce: "0123456789abcdef" }),
      check: () => true,
      read: () => [{ table: "posts", id: "1", type: "create", cursor: { seq: 2, nonce: "0123456789abcdef" } }],
      tablesIn: () => ["posts"],
    },
    rows: () => new Map(),
    sizes: () => new Map(),
  });
  const flushed: string[] = [];
  hub.onFlush(() => {
    throw new Error("Its rows could not be read.");
  });
  hub.onFlush(({ tables }) => void flushed.push(...tables));
  seq = 2;
  expect(() => hub.flush()).toThrow("Its rows could not be read.");
  expect(flushed).toEqual(["posts"]);
  expect(hub.head().seq).toBe(2);
});

it.each([
  { writes: 1, reads: ["all"] },
  { writes: 2, reads: ["tables", "posts"] },
])("reads the entries of $writes writes once for all listeners", ({ writes, reads }) => {
  const log: string[] = [];
  const entries: NetChange[] = [];
  const hub = createChangeHub({
    log: {
      head: () => ({ seq: entries.length + 1, nonce: "0123456789abcdef" }),
      check: () => true,
      read({ tables }) {
        log.push(tables?.join() ?? "all");
        return entries.filter(({ table }) => tables?.includes(table) ?? true);
      },
      tablesIn() {
        log.push("tables");
        return [...new Set(entries.map(({ table }) => table))];
      },
    },
    rows: () => new Map(),
    sizes: () => new Map(),
  });
  const seen: unknown[] = [];
  for (let n = 0; n < 3; n++) hub.onFlush(({ tables, net }) => seen.push([tables, net("posts"), net("others")]));
  for (let n = 0; n < writes; n++)
    entries.push({ table: "posts", id: String(n), type: "create", cursor: { seq: n + 2, nonce: "0123456789abcdef" } });
  hub.flush();
  expect(seen).toEqual(Array.from({ length: 3 }, () => [["posts"], entries, []]));
  expect(log.filter((read) => read !== "others")).toEqual(reads);
});

describe("pages that are limited by bytes", () => {
  const bytesOf = new Map<string, number>();
  const read: string[][] = [];
  const entries = (): NetChange[] =>
    Array.from(bytesOf.keys(), (id, index) => ({
      table: "posts",
      id,
      type: id.startsWith("gone") ? "delete" : "create",
      cursor: { seq: index + 2, nonce: "0123456789abcdef" },
    }));
  const createHub = () => {
    read.length = 0;
    return createChangeHub({
      log: {
        head: () => ({ seq: bytesOf.size + 1, nonce: "0123456789abcdef" }),
        check: () => true,
        read: ({ from, limit }) =>
          entries()
            .filter(({ cursor }) => cursor.seq > (from?.seq ?? 0))
            .slice(0, limit),
        tablesIn: () => ["posts"],
      },
      rows(_table, ids) {
        read.push([...ids]);
        return new Map(ids.map((id) => [id, { id }]));
      },
      sizes: (_table, ids) => new Map(ids.map((id) => [id, bytesOf.get(id) ?? 0])),
    });
  };

  it("read no more rows for a subscriber that lags than it is sent at once", () => {
    bytesOf.clear();
    for (let n = 0; n < 100; n++) bytesOf.set(`row ${n}`, 800_000);
    const hub = createHub();
    const { changes, next } = hub.since("posts", { after: { seq: 1, nonce: "0123456789abcdef" } }, { limit: 128 });
    expect(changes).toHaveLength(1);
    expect(read).toEqual([["row 0"]]);
    expect(next?.from?.seq).toBe(2);
  });

  it("contain every change once, however long the rows are", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), fc.constantFrom(0, 10, 100_000, 262_144, 262_145, 1_048_576)), {
          maxLength: 40,
        }),
        (rows) => {
          bytesOf.clear();
          for (const [n, [isGone, bytes]] of rows.entries()) bytesOf.set(`${isGone ? "gone" : "row"} ${n}`, bytes);
          const hub = createHub();
          const ids: string[] = [];
          let position: Position | undefined = { after: { seq: 1, nonce: "0123456789abcdef" } };
          while (position) {
            const page: MissedChanges = hub.since("posts", position, { limit: 8 });
            ids.push(...page.changes.map(({ id }) => id));
            position = page.next;
          }
          expect(ids).toEqual([...bytesOf.keys()]);
          const sizes = read.map((some) => some.reduce((sum, id) => sum + (bytesOf.get(id) ?? 0), 0));
          for (const [page, size] of sizes.entries()) if (size > 262_144) expect(read[page]).toHaveLength(1);
        },
      ),
    );
  });
});

it("reads once for subscribers at the same cursor", () => {
  const reads: unknown[] = [];
  const hub = createChangeHub({
    log: {
      head: () => ({ seq: 9, nonce: "0123456789abcdef" }),
      check: () => true,
      read(range) {
        reads.push(range.after.seq);
        return [];
      },
      tablesIn: () => ["posts"],
    },
    rows: () => new Map(),
    sizes: () => new Map(),
  });
  const at = (seq: number): Position => ({ after: { seq, nonce: "0123456789abcdef" } });
  hub.inOneRead(() => {
    for (const seq of [3, 3, 3, 5, 3]) hub.since("posts", at(seq), { limit: 128 });
    hub.since("posts", at(3), { limit: 128, rows: { id: "a" } });
    hub.since("others", at(3), { limit: 128 });
  });
  expect(reads).toEqual([3, 5, 3, 3]);
  hub.since("posts", at(3));
  expect(reads).toHaveLength(5);
});
