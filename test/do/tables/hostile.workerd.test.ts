import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { beforeAll, describe, expect, it } from "vitest";
import { openTransports, type UserTransport } from "../../fixtures/user-transports.js";
import { codeOfError } from "../../fixtures/transports.js";
import { hostileNames } from "./hostile-names.js";

const rows = [
  { name: "apple", stars: 1, price: 0.5, sold: true, at: new Date(1), big: 1n, kind: "low", tags: ["a"] },
  { name: "100%_\\", stars: 2, price: 1.5, sold: false, at: new Date(2), big: 2n, kind: "high", tags: ["%"] },
  { name: 'it\'s "quoted"', tags: [] },
];

// One user for all tests, which change nothing stored, except where a test restores it.
let transports: readonly UserTransport[];
let object: DurableObjectStub;
let before: unknown;

/** All that the object stores, except the sessions and the audit log. */
function stored(): Promise<unknown> {
  return runInDurableObject(object, (_instance, { storage: { sql } }) => ({
    schema: sql
      .exec("SELECT name, sql FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\' ORDER BY name")
      .toArray(),
    things: sql.exec("SELECT * FROM things ORDER BY id").toArray(),
    log: sql.exec("SELECT count(*) AS n FROM _changes").one(),
    account: sql.exec("SELECT * FROM _account").toArray(),
  }));
}

beforeAll(async () => {
  const opened = await openTransports();
  transports = opened.transports;
  object = env.BLOG_DO.getByName(`user:${opened.user.id}`);
  await transports[0]!.mutate("careless.createMany", rows);
  before = await stored();
});

type Step = readonly [name: string, ...args: unknown[]];
const all: Step = ["all"];
const find = (transport: UserTransport, ...steps: Step[]) => transport.query("careless.find", steps).catch(codeOfError);
const names = (found: unknown) =>
  Array.isArray(found) ? found.map((row: { name: string }) => row.name).sort() : found;

/** Does the same over each transport, and returns the results. */
async function overEachTransport(
  call: (transport: UserTransport) => Promise<unknown>,
): Promise<Record<string, unknown>> {
  const answers: [string, unknown][] = [];
  for (const transport of transports) answers.push([transport.name, await call(transport)]);
  return Object.fromEntries(answers);
}

const each = (answer: unknown) => ({ HTTP: answer, socket: answer, RPC: answer });

/** Expects that each of many calls is refused over each transport, and that nothing is changed. */
async function allRefused(
  calls: Readonly<Record<string, (transport: UserTransport) => Promise<unknown>>>,
  code = "BAD_REQUEST",
) {
  for (const [what, call] of Object.entries(calls)) {
    expect({ what, ...(await overEachTransport((transport) => call(transport).catch(codeOfError))) }).toEqual({
      what,
      ...each(code),
    });
  }
  expect(await stored()).toEqual(before);
}

describe("strings from callers, over each transport", () => {
  it("are not used as names of a field, a direction or an operator", async () => {
    const calls: Record<string, (transport: UserTransport) => Promise<unknown>> = {};
    for (const text of hostileNames) {
      calls[`where ${text}`] = (transport) => find(transport, ["where", text, "==", "x"], all);
      calls[`group ${text}`] = (transport) =>
        transport.query("careless.group", { field: text, operator: "==", value: "x" });
      calls[`operator ${text}`] = (transport) => find(transport, ["where", "name", text, "x"], all);
      calls[`orderBy ${text}`] = (transport) => find(transport, ["orderBy", text], all);
      calls[`direction ${text}`] = (transport) => find(transport, ["orderBy", "name", text], all);
      calls[`select ${text}`] = (transport) => find(transport, ["select", "name", text], all);
      calls[`cursor ${text}`] = (transport) => find(transport, ["page", { cursor: text }]);
      calls[`on ${text}`] = (transport) => transport.mutate("careless.upsert", { values: { name: "apple" }, on: text });
      calls[`deleteWhere ${text}`] = (transport) =>
        transport.mutate("careless.deleteWhere", { field: text, operator: "!=", value: "x" });
    }
    await allRefused(calls);
  });

  it("are not used as paths into JSON", async () => {
    const paths = ["$.a", "$.a') = ?", "tags.0", "tags->'$[0]'", "$[#-1]", "tags') or json_valid('[]"];
    await allRefused(
      Object.fromEntries(
        paths.map((path) => [path, (transport: UserTransport) => find(transport, ["where", path, "==", "a"], all)]),
      ),
    );
    for (const path of paths) {
      expect(await overEachTransport((transport) => find(transport, ["where", "tags", "contains", path], all))).toEqual(
        each([]),
      );
    }
  });

  it("are used as values in a query, by id and through Kysely", async () => {
    for (const text of [...hostileNames, 'it\'s "quoted"', "\u2028", "x".repeat(1_000)]) {
      const found = rows.filter(({ name }) => name === text).map(({ name }) => name);
      expect(
        await overEachTransport(async (transport) => names(await find(transport, ["where", "name", "==", text], all))),
        text,
      ).toEqual(each(found));
      expect(
        await overEachTransport(async (transport) => names(await transport.query("careless.db", text))),
        text,
      ).toEqual(each(found));
      expect(await overEachTransport((transport) => transport.query("careless.findById", text)), text).toEqual(
        each(null),
      );
      expect(await overEachTransport((transport) => transport.mutate("careless.delete", text)), text).toEqual(
        each(false),
      );
    }
    expect(await stored()).toEqual(before);
  });

  it("have no special characters in `contains` and `startsWith`, however long the text", async () => {
    for (const [operator, text, expected] of [
      ["contains", "%", ["100%_\\"]],
      ["contains", "_", ["100%_\\"]],
      ["contains", "\\", ["100%_\\"]],
      ["contains", "*", []],
      ["contains", "%".repeat(60), []],
      ["contains", "é".repeat(60), []],
      ["startsWith", "%", []],
      ["startsWith", "100%", ["100%_\\"]],
      ["startsWith", "a".repeat(60), []],
      ["startsWith", "it's \"", ['it\'s "quoted"']],
    ] as const) {
      const found = await overEachTransport(async (transport) =>
        names(await find(transport, ["where", "name", operator, text], all)),
      );
      expect({ operator, text, ...found }).toEqual({ operator, text, ...each(expected) });
    }
  });
});

describe("values from callers, over each transport", () => {
  it("may be lists of any length, but not more than a hundred comparisons", async () => {
    const list = Array.from({ length: 1_000 }, (_, index) => (index === 0 ? "apple" : `x${index}`));
    expect(
      await overEachTransport(async (transport) => names(await find(transport, ["where", "name", "in", list], all))),
    ).toEqual(each(["apple"]));
    const others = rows.map(({ name }) => name).filter((name) => name !== "apple");
    expect(
      await overEachTransport(async (transport) => names(await find(transport, ["where", "name", "notIn", list], all))),
    ).toEqual(each(others.sort()));
    const comparisons = list.slice(0, 101).map((name): [string, ...unknown[]] => ["where", "name", "!=", name]);
    await allRefused({ comparisons: (transport) => find(transport, ...comparisons, all) });
  });

  it("must be whole numbers as a limit, an offset and the limit of a page", async () => {
    expect(await overEachTransport((transport) => find(transport, ["limit", 0], all))).toEqual(each([]));
    expect(await overEachTransport(async (transport) => names(await find(transport, ["limit", 1e9], all)))).toEqual(
      each(rows.map(({ name }) => name).sort()),
    );
    const calls: Record<string, (transport: UserTransport) => Promise<unknown>> = {};
    for (const bad of [-1, 1.5, "1", "1;drop", "1; DROP TABLE things", null, [], {}, true, 1e300, 2 ** 53]) {
      calls[`limit ${JSON.stringify(bad)}`] = (transport) => find(transport, ["limit", bad], all);
      calls[`offset ${JSON.stringify(bad)}`] = (transport) => find(transport, ["offset", bad], all);
      calls[`limit of a page ${JSON.stringify(bad)}`] = (transport) => find(transport, ["page", { limit: bad }]);
    }
    calls["limit of a page 0"] = (transport) => find(transport, ["page", { limit: 0 }]);
    calls["limit of a page 1e9"] = (transport) => find(transport, ["page", { limit: 1e9 }]);
    calls["limit NaN"] = (transport) => find(transport, ["limit", Number.NaN], all);
    calls["offset Infinity"] = (transport) => find(transport, ["offset", Infinity], all);
    await allRefused(calls);
  });

  it("of another type are refused, not converted, in conditions and in rows", async () => {
    const wrong: [field: string, value: unknown][] = [
      ["name", 1],
      ["name", true],
      ["name", { toString: "x" }],
      ["name", ["apple"]],
      ["stars", "1"],
      ["stars", 1.5],
      ["stars", 2 ** 53],
      ["stars", true],
      ["stars", 1n],
      ["price", "0.5"],
      ["sold", 1],
      ["sold", "true"],
      ["at", 1],
      ["at", "1970-01-01"],
      ["big", 1],
      ["big", "1"],
      ["kind", { $ne: null }],
      ["tags", "a"],
      ["id", 7],
    ];
    const calls: Record<string, (transport: UserTransport) => Promise<unknown>> = {};
    for (const [index, [field, value]] of wrong.entries()) {
      const what = `${field} ${typeof value} (${index})`;
      calls[`in ${what}`] = (transport) =>
        find(transport, ["where", field, "in", field === "tags" ? value : [value]], all);
      calls[`create ${what}`] = (transport) =>
        transport.mutate("careless.create", { ...rows[0], name: "new", [field]: value });
      calls[`updateWhere ${what}`] = (transport) =>
        transport.mutate("careless.updateWhere", {
          field: "name",
          operator: "!=",
          value: "",
          values: { [field]: value },
        });
    }
    await allRefused(calls);
  });

  it("are refused if they are NaN, infinite, invalid dates or half a surrogate pair", async () => {
    const odd: [field: string, value: unknown][] = [
      ["price", Number.NaN],
      ["price", Infinity],
      ["stars", -Infinity],
      ["name", "\ud800"],
      ["name", "a\udc00"],
    ];
    const calls: Record<string, (transport: UserTransport) => Promise<unknown>> = {};
    for (const [field, value] of odd) {
      calls[`look for ${field} ${String(value)}`] = (transport) => find(transport, ["where", field, "==", value], all);
      calls[`store ${field} ${String(value)}`] = (transport) =>
        transport.mutate("careless.create", { name: "new", [field]: value });
    }
    calls["look for half a pair in tags"] = (transport) =>
      find(transport, ["where", "tags", "contains", "\ud800"], all);
    // Over the wire an invalid date becomes null in the client.
    const invalid = new Date(Number.NaN);
    expect(await find(transports[2]!, ["where", "at", "==", invalid], all)).toBe("BAD_REQUEST");
    const storing = transports[2]!.mutate("careless.create", { name: "new", at: invalid });
    expect(await storing.catch(codeOfError)).toBe("BAD_REQUEST");
    calls["half a pair as an id"] = (transport) => transport.query("careless.findById", "\ud800");
    calls["half a pair through Kysely"] = (transport) => transport.query("careless.db", "\ud800");
    await allRefused(calls);
  });
});

describe("rows from callers, over each transport", () => {
  it("are refused with an unknown key, or one that the framework fills in", async () => {
    const calls: Record<string, (transport: UserTransport) => Promise<unknown>> = {};
    for (const key of ["id", "createdAt", "updatedAt", "userId", "role", "emailVerified", "toString", "rowid"]) {
      const values = { name: "new", [key]: key.endsWith("At") ? new Date(0) : "x" };
      calls[`create ${key}`] = (transport) => transport.mutate("careless.create", values);
      calls[`createMany ${key}`] = (transport) => transport.mutate("careless.createMany", [{ name: "fine" }, values]);
      calls[`upsert ${key}`] = (transport) =>
        transport.mutate("careless.upsert", { values: { ...values, name: "apple" }, on: "name" });
      calls[`updateWhere ${key}`] = (transport) =>
        transport.mutate("careless.updateWhere", { field: "name", operator: "==", value: "apple", values });
    }
    await allRefused(calls);
  });

  it("are not found by invalid ids, and are refused with an invalid version", async () => {
    const id = "0".repeat(36);
    await allRefused(
      Object.fromEntries(
        [1, null, true, {}, ["x"]].flatMap((bad) => [
          [`findById ${JSON.stringify(bad)}`, (transport: UserTransport) => transport.query("careless.findById", bad)],
          [`delete ${JSON.stringify(bad)}`, (transport: UserTransport) => transport.mutate("careless.delete", bad)],
          [
            `update ${JSON.stringify(bad)}`,
            (transport: UserTransport) => transport.mutate("careless.update", { id: bad, values: { stars: 5 } }),
          ],
        ]),
      ),
    );
    await allRefused(
      { update: (transport) => transport.mutate("careless.update", { id, values: { stars: 5 } }) },
      "NOT_FOUND",
    );
    const [row] = (await transports[0]!.query("careless.find", [["where", "name", "==", "apple"], all])) as {
      id: string;
    }[];
    await allRefused(
      Object.fromEntries(
        [0, "now", {}, null].map((ifVersion) => [
          JSON.stringify(ifVersion),
          (transport: UserTransport) =>
            transport.mutate("careless.update", { id: row?.id, values: { stars: 5 }, options: { ifVersion } }),
        ]),
      ),
    );
  });
});
