import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { createLifecycle } from "../../../src/do/lifecycle/lifecycle.js";
import { createFrameworkSchema, type SchemaStep } from "../../../src/do/tables/schema/framework-schema.js";

const table = "CREATE TABLE IF NOT EXISTS _notes (text TEXT NOT NULL) STRICT";

/** Opens the same empty object with one version after the other. */
function withStorage<TResult>(work: (storage: DurableObjectStorage) => TResult): Promise<TResult> {
  const stub = env.BARE_DO.getByName(crypto.randomUUID());
  return runInDurableObject(stub, (_instance, { storage }) => work(storage));
}

const addColumn = (name: string): SchemaStep => ({
  name: `add ${name}`,
  run: ({ sql }) => void sql.exec(`ALTER TABLE _notes ADD COLUMN ${name} TEXT NOT NULL DEFAULT '${name}'`),
});

const tableWith = (...names: string[]): string =>
  table.replace(")", `${names.map((name) => `, ${name} TEXT NOT NULL DEFAULT '${name}'`).join("")})`);

const versions = [
  createFrameworkSchema({ statements: [table] }),
  createFrameworkSchema({ statements: [tableWith("a")], steps: [addColumn("a")] }),
  createFrameworkSchema({ statements: [tableWith("a", "b")], steps: [addColumn("a"), addColumn("b")] }),
] as const;

const columnsOf = (sql: SqlStorage): unknown[] =>
  sql
    .exec("SELECT name FROM pragma_table_info('_notes')")
    .toArray()
    .map(({ name }) => name);

const versionOf = (sql: SqlStorage): unknown => sql.exec("SELECT * FROM _object").one()["version"];

describe("the framework's own tables", () => {
  it.each([
    { from: 0, by: [1, 2] },
    { from: 0, by: [2] },
    { from: 1, by: [2, 2] },
    { from: 2, by: [2] },
    { from: 2, by: [1, 2] },
    { from: 2, by: [0, 2] },
  ])("have all columns when version $from was followed by $by", async ({ from, by }) => {
    const found = await withStorage((storage) => {
      createLifecycle({ storage, framework: versions[from]! }).initialize(() => {
        storage.sql.exec("INSERT INTO _notes (text) VALUES ('kept')");
      });
      for (const version of by) createLifecycle({ storage, framework: versions[version]! }).update();
      return [columnsOf(storage.sql), versionOf(storage.sql), storage.sql.exec("SELECT * FROM _notes").toArray()];
    });
    expect(found).toEqual([["text", "a", "b"], 2, [{ text: "kept", a: "a", b: "b" }]]);
  });

  it("run each step once, although a later start finds other statements", async () => {
    const runs: string[] = [];
    const step = (name: string): SchemaStep => ({ name, run: () => void runs.push(name) });
    await withStorage((storage) => {
      const open = (statements: string[], steps: SchemaStep[]) =>
        createLifecycle({ storage, framework: createFrameworkSchema({ statements, steps }) });
      open([table], []).initialize(() => {});
      open([table, "CREATE TABLE IF NOT EXISTS _more (id TEXT) STRICT"], [step("first")]).update();
      open([table], [step("first")]).update();
      open([table], [step("first"), step("second")]).update();
      open([table], [step("first"), step("second")]).update();
    });
    expect(runs).toEqual(["first", "second"]);
  });

  it("are upgraded although only a statement's text changed", async () => {
    const index = "CREATE INDEX IF NOT EXISTS _notes_text ON _notes (text)";
    const found = await withStorage((storage) => {
      createLifecycle({ storage, framework: createFrameworkSchema({ statements: [table] }) }).initialize(() => {});
      const framework = createFrameworkSchema({ statements: [`${table}; ${index}`] });
      createLifecycle({ storage, framework }).update();
      return storage.sql.exec("SELECT name FROM sqlite_master WHERE type = 'index'").toArray();
    });
    expect(found).toEqual([{ name: "_notes_text" }]);
  });

  it("are unchanged when a step fails, and the next start tries again", async () => {
    const found = await withStorage((storage) => {
      createLifecycle({ storage, framework: versions[0] }).initialize(() => {});
      let fails = true;
      const failing: SchemaStep = {
        name: "check",
        run() {
          if (fails) throw new Error("not yet");
        },
      };
      const framework = createFrameworkSchema({ statements: [table], steps: [addColumn("a"), failing] });
      expect(() => createLifecycle({ storage, framework }).update()).toThrow('Step 2 ("check")');
      const before = columnsOf(storage.sql);
      fails = false;
      createLifecycle({ storage, framework }).update();
      return [before, columnsOf(storage.sql), versionOf(storage.sql)];
    });
    expect(found).toEqual([["text"], ["text", "a"], 2]);
  });

  it("are upgraded also when the app's tables fail to upgrade", async () => {
    const found = await withStorage((storage) => {
      const app = { install() {}, update: () => true, fingerprint: "first" };
      createLifecycle({ storage, framework: versions[0], app }).initialize(() => {});
      const update = (): never => {
        throw new Error("A field is missing.");
      };
      const later = createLifecycle({
        storage,
        framework: versions[1],
        app: { ...app, update, fingerprint: "second" },
      });
      expect(() => later.update()).toThrow("A field is missing.");
      return columnsOf(storage.sql);
    });
    expect(found).toEqual(["text", "a"]);
  });
});
