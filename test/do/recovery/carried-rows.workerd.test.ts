import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { readCarried, writeCarried, type CarriedTables } from "../../../src/do/recovery/carried-rows.js";
import { userCarriedTables } from "../../../src/do/objects/user/account-tables.js";
import { organizationCarriedTables } from "../../../src/do/objects/organization/organization-object.js";
import { objectOf, signUpVerifiedToRestores } from "../../fixtures/restores.js";

const tables: CarriedTables = { carried: ["one"], required: ["two"], cleared: ["three"] };
const LOG = "CREATE TABLE _changes (seq INTEGER)";

/** Reads the state of one database and writes it to another, and returns the rows there. */
async function carry(from: readonly string[], to: readonly string[]): Promise<Record<string, unknown[]>> {
  const inObject = <TResult>(work: (sql: SqlStorage) => TResult): Promise<TResult> =>
    runInDurableObject(env.BARE_DO.getByName(crypto.randomUUID()), (_instance, { storage: { sql } }) => work(sql));
  const text = await inObject((sql) => {
    for (const statement of [LOG, ...from]) sql.exec(statement);
    return readCarried(sql, tables);
  });
  return inObject((sql) => {
    for (const statement of [LOG, ...to]) sql.exec(statement);
    writeCarried(sql, text, tables);
    const names = sql.exec("SELECT name FROM sqlite_master WHERE name IN ('one', 'two', 'three')").toArray();
    return Object.fromEntries(
      names.map(({ name }) => [String(name), [...sql.exec(`SELECT * FROM "${String(name)}"`).raw()]]),
    );
  });
}

const schema = ["CREATE TABLE one (a, b)", "CREATE TABLE two (a)", "CREATE TABLE three (a)"];

describe("the state that a restore must not change", () => {
  it.each([
    {
      name: "replaces rows, fills empty tables and clears those of sockets",
      from: ["INSERT INTO one VALUES (1, NULL), ('x', 2.5)", "INSERT INTO two VALUES (1)"],
      to: [...schema, "INSERT INTO one VALUES (9, 9)", "INSERT INTO three VALUES (1)"],
      rows: {
        one: [
          [1, null],
          ["x", 2.5],
        ],
        two: [[1]],
        three: [],
      },
    },
    {
      name: "leaves the rows of a table that is only required",
      from: ["INSERT INTO two VALUES (1)"],
      to: [...schema, "INSERT INTO one VALUES (9, 9)", "INSERT INTO two VALUES (2)"],
      rows: { one: [], two: [[2]], three: [] },
    },
    {
      name: "writes the columns that exist in both versions",
      from: ["INSERT INTO one VALUES (1, 2)"],
      to: ["CREATE TABLE one (b, c DEFAULT 3)", ...schema.slice(2)],
      rows: { one: [[2, 3]], three: [] },
    },
  ])("$name", async ({ from, to, rows }) => {
    expect(await carry([...schema, ...from], to)).toEqual(rows);
  });
});

/** The tables of the framework that a restore takes back: the schema, the change log, and data of the app. */
const restored = ["_object", "_changes", "_schema", "_migrations", "_kv"];

describe.each([
  ["user", userCarriedTables, ["_profile"]],
  ["organization", organizationCarriedTables, ["_organization"]],
] as const)("the tables of a %s", (kind, { carried, required, cleared }, own) => {
  it("are carried, restored or cleared, and the carried ones have no bytes", async () => {
    const ada = await signUpVerifiedToRestores();
    const { id } = await ada.client.organizations.create.mutate({ name: "Acme" });
    const name = kind === "user" ? `user:${ada.user.id}` : `organization:${id}`;
    const found = await runInDurableObject(objectOf(name), (_instance, { storage: { sql } }) =>
      sql
        .exec("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE '\\_%' ESCAPE '\\'")
        .toArray()
        .map((row) => String(row["name"]))
        .filter((table) => !table.startsWith("_cf"))
        .map((table) => ({
          name: table,
          types: sql.exec("SELECT type FROM pragma_table_info(?)", table).toArray(),
        })),
    );
    expect(required).toEqual(own);
    // Triggers write `_outbox_heads`.
    const known = [...carried, ...required, ...cleared, ...restored, "_outbox_heads"];
    const names = found.map((table) => table.name);
    expect(names.filter((table) => !known.includes(table))).toEqual([]);
    expect(carried.filter((table) => !names.includes(table))).toEqual([]);
    for (const { types } of found.filter((table) => carried.includes(table.name)))
      expect(types.map(({ type }) => type)).not.toContain("BLOB");
  });
});
