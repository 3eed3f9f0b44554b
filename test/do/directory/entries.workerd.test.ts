import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { directoryTables } from "../../../src/do/directory/directory-schema.js";
import { createEntryLists } from "../../../src/do/directory/entry-lists.js";
import { createEntryStore } from "../../../src/do/directory/entry-store.js";
import { FOREVER, type OrganizationEntry, type UserEntry } from "../../../src/shared/directory.js";

let count = 0;

/** Runs work on the tables of an unused shard. */
const inShard = <TResult>(
  work: (shard: {
    readonly store: ReturnType<typeof createEntryStore>;
    readonly lists: ReturnType<typeof createEntryLists>;
    readonly sql: SqlStorage;
  }) => TResult,
): Promise<TResult> =>
  runInDurableObject(env.OUTBOX_DO.getByName(`directory entries ${++count}`), (_instance, { storage: { sql } }) => {
    for (const statement of directoryTables) sql.exec(statement);
    return work({ sql, store: createEntryStore({ sql }), lists: createEntryLists(sql) });
  });

const user = (id: string, entry: Partial<UserEntry> = {}): UserEntry => ({
  id,
  version: 1,
  createdAt: 1_000,
  seenDay: 20_000,
  emailVerified: false,
  suspendedUntil: null,
  roles: [],
  organizationCount: 0,
  schema: { framework: 1, app: "a" },
  ...entry,
});

const organization = (id: string, entry: Partial<OrganizationEntry> = {}): OrganizationEntry => ({
  id,
  version: 1,
  createdAt: 1_000,
  memberCount: 1,
  schema: { framework: 0, app: "a" },
  ...entry,
});

const ids = (entries: readonly { readonly id: string }[]): string[] => entries.map(({ id }) => id);

describe("the entries of a shard", () => {
  it("keeps the newest report of a user", async () => {
    const stored = await inShard(({ store, lists }) => {
      expect(store.putUser(user("ada", { version: 2, email: "ada@example.com" }))).toBe(true);
      expect(store.putUser(user("ada", { version: 1, email: "old@example.com" }))).toBe(false);
      expect(store.putUser(user("ada", { version: 2, email: "other@example.com" }))).toBe(false);
      expect(store.putUser(user("ada", { version: 3, email: "ada@new.example", emailVerified: true }))).toBe(true);
      expect(lists.users({ search: "example.com" }, 10)).toEqual([]);
      return lists.user("ada");
    });
    expect(stored).toMatchObject({ version: 3, email: "ada@new.example", emailVerified: true });
  });

  it("does not restore a deleted user from an earlier report", async () => {
    await inShard(({ store, lists }) => {
      store.putUser(user("ada", { version: 2, roles: ["admin"], email: "ada@example.com" }));
      expect(store.delete("user", "ada", 5)).toBe(true);
      expect(store.putUser(user("ada", { version: 4 }))).toBe(false);
      expect(lists.user("ada")).toBeUndefined();
      expect(lists.users({ role: "admin" }, 10)).toEqual([]);
      expect(lists.users({ search: "ada" }, 10)).toEqual([]);
      expect(store.delete("user", "never seen", 3)).toBe(true);
      expect(store.putUser(user("never seen", { version: 2 }))).toBe(false);
      expect(store.putUser(user("ada", { version: 6 }))).toBe(true);
      expect(store.counts.total("user")).toBe(1);
    });
  });

  it("ends in the same state whatever the order of the reports, and however often each arrives", async () => {
    const report = fc.record({
      id: fc.constantFrom("a", "b", "c"),
      version: fc.integer({ min: 1, max: 6 }),
      isDeleted: fc.boolean(),
    });
    const property = fc.asyncProperty(
      fc
        .uniqueArray(report, { selector: ({ id, version }) => `${id}${version}`, maxLength: 12 })
        .chain((reports) =>
          fc.tuple(
            fc.constant(reports),
            fc.shuffledSubarray([...reports, ...reports], { minLength: reports.length * 2 }),
          ),
        ),
      async ([reports, arriving]) => {
        await inShard(({ sql, store, lists }) => {
          for (const { id, version, isDeleted } of arriving) {
            const roles = version % 2 === 0 ? ["admin", "support"] : ["support"];
            if (isDeleted) store.delete("user", id, version);
            else store.putUser(user(id, { version, roles, email: `${id}${version}@example.com` }));
          }
          for (const id of ["a", "b", "c"]) {
            const last = reports
              .filter((each) => each.id === id)
              .toSorted((one, other) => other.version - one.version)[0];
            const expected = last && !last.isDeleted ? [id] : [];
            expect(ids(lists.users({ search: `${id}${last?.version}@example.com` }, 10))).toEqual(expected);
            expect(lists.user(id)?.version).toBe(expected.length > 0 ? last?.version : undefined);
            const isAdmin = expected.length > 0 && (last?.version ?? 1) % 2 === 0;
            expect(ids(lists.users({ role: "admin" }, 10)).includes(id)).toBe(isAdmin);
          }
          const total = sql.exec("SELECT count(*) AS count FROM _users").one()["count"];
          expect(store.counts.total("user")).toBe(total);
          expect(lists.users({ search: "example" }, 10)).toHaveLength(Number(total));
        });
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });

  it("counts the objects by the versions of their tables", async () => {
    const status = await inShard(({ store }) => {
      store.putUser(user("a"));
      store.putUser(user("b"));
      store.putUser(user("b", { version: 2, schema: { framework: 2, app: "b" } }));
      store.putUser(user("c", { schema: { framework: 2, app: "b" } }));
      store.delete("user", "a", 9);
      store.putOrganization(organization("o"));
      store.putOrganization(organization("o", { version: 2, memberCount: 4 }));
      return store.counts.list();
    });
    expect(status).toEqual([
      { kind: "organization", framework: 0, app: "a", objects: 1 },
      { kind: "user", framework: 2, app: "b", objects: 2 },
    ]);
  });
});

describe("the search", () => {
  const people = [
    user("1", { email: "ada.lovelace@example.com", profileText: "Ada Lovelace", createdAt: 1 }),
    user("2", { email: "grace@navy.mil", profileText: "Grace Hopper", createdAt: 2 }),
    user("3", { email: "anna@example.com", profileText: "Änne-Marie O'Brien", createdAt: 3 }),
    user("4", { email: "x+ada@example.org", createdAt: 4 }),
    user("5", { createdAt: 5 }),
  ];

  it.each([
    ["ada", ["4", "1"]],
    ["ADA LOVE", ["1"]],
    ["ada.lovelace@exa", ["1"]],
    ["love ada", ["1"]],
    ["lace", []],
    ["anne", ["3"]],
    ["marie", ["3"]],
    ["o'brien", ["3"]],
    ["example.com", ["3", "1"]],
    ["x+ada", ["4"]],
    ['"ada"', ["4", "1"]],
    ["ada OR grace", []],
    ["ada*", ["4", "1"]],
    ["email:ada", []],
    ["(", []],
    ["", []],
    ["😀", []],
    ["\0ada", ["4", "1"]],
    ["NEAR(ada)", []],
    ["ada -love", ["1"]],
  ])("finds words that begin with %j", async (search, expected) => {
    const found = await inShard(({ store, lists }) => {
      for (const person of people) store.putUser(person);
      expect(lists.countUsers({ search })).toBe(expected.length);
      return ids(lists.users({ search }, 10));
    });
    expect(found).toEqual(expected);
  });
});

describe("lists", () => {
  it("reads every user once in pages, whatever the filter", async () => {
    await inShard(({ store, lists }) => {
      const all = Array.from({ length: 120 }, (_, index) =>
        user(`user-${index}`, {
          createdAt: Math.floor(index / 7),
          roles: index % 3 === 0 ? ["support"] : [],
          suspendedUntil: index % 5 === 0 ? FOREVER : index % 5 === 1 ? 1 : null,
          email: `${index % 2 === 0 ? "even" : "odd"}${index}@example.com`,
        }),
      );
      for (const each of all) store.putUser(each);
      for (const search of [undefined, "even", "example"])
        for (const role of [undefined, "support"])
          for (const status of [undefined, "active", "suspended"] as const)
            for (const createdAfter of [undefined, new Date(4)])
              for (const createdBefore of [undefined, new Date(12), new Date(8.64e15)]) {
                const filter = { search, role, status, createdAfter, createdBefore };
                const expected = all.filter(
                  ({ email, roles, suspendedUntil, createdAt }) =>
                    (search === undefined || email?.includes(search)) &&
                    (role === undefined || roles.includes(role)) &&
                    (status === undefined || (status === "suspended") === (suspendedUntil === FOREVER)) &&
                    (createdAfter === undefined || createdAt >= 4) &&
                    (createdBefore === undefined || createdAt < createdBefore.getTime()),
                );
                const read: string[] = [];
                for (
                  let page = lists.users(filter, 10);
                  page.length > 0;
                  page = lists.users({ ...filter, after: page.at(-1) }, 10)
                )
                  read.push(...ids(page));
                expect(read.toSorted()).toEqual(ids(expected).toSorted());
                expect(lists.countUsers(filter)).toBe(expected.length);
              }
    });
  });

  it("reads only the rows of a page", async () => {
    await inShard(({ sql, store, lists }) => {
      for (let index = 0; index < 2_000; index++)
        store.putUser(
          user(`user-${index}`, {
            createdAt: index,
            email: `user${index}@example.com`,
            roles: index % 10 === 0 ? ["support"] : [],
            suspendedUntil: index % 500 === 0 ? FOREVER : null,
          }),
        );
      const rowsRead = (filter: Parameters<typeof lists.users>[0]): number => {
        let rows = 0;
        const { exec } = sql;
        const counting = createEntryLists(
          new Proxy(sql, {
            get: (_target, name) =>
              name === "exec"
                ? (...statement: Parameters<typeof exec>) => {
                    const cursor = exec.apply(sql, statement);
                    const rowsOf = cursor.toArray();
                    rows = cursor.rowsRead;
                    return { toArray: () => rowsOf };
                  }
                : undefined,
          }),
        );
        expect(counting.users(filter, 20).length).toBeGreaterThan(0);
        return rows;
      };
      expect(rowsRead({})).toBeLessThan(50);
      expect(rowsRead({ role: "support" })).toBeLessThan(100);
      expect(rowsRead({ status: "suspended" })).toBeLessThan(50);
      expect(rowsRead({ search: "example", after: { key: 500 * 1024, id: "" } })).toBeLessThan(100);
      expect(rowsRead({ createdAfter: new Date(1_000), createdBefore: new Date(1_100) })).toBeLessThan(50);
    });
  });

  it("lists organizations in pages", async () => {
    const read = await inShard(({ store, lists }) => {
      for (let index = 0; index < 5; index++) store.putOrganization(organization(`o${index}`, { createdAt: index }));
      const first = lists.organizations(undefined, 3);
      return [ids(first), ids(lists.organizations(first.at(-1), 3))];
    });
    expect(read).toEqual([
      ["o4", "o3", "o2"],
      ["o1", "o0"],
    ]);
  });
});
