import { readdir } from "node:fs/promises";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";

/** The tables of an object by name, with their columns, indexes and triggers. */
type Schema = Readonly<Record<string, readonly unknown[]>>;

/**
 * Reads the schemas of all objects in a folder, by the kind of the object. No other process may have the files open.
 */
export async function readSchemas(folder: string): Promise<ReadonlyMap<string, readonly Schema[]>> {
  const schemas = new Map<string, Schema[]>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!/^[0-9a-f]{64}\.sqlite$/.test(entry.name)) continue;
    const database = new DatabaseSync(path.join(entry.parentPath, entry.name));
    const schema = readSchema(database);
    database.close();
    const kind = kindOf(schema);
    schemas.set(kind, [...(schemas.get(kind) ?? []), schema]);
  }
  return schemas;
}

function readSchema(database: DatabaseSync): Schema {
  // The platform creates tables of its own when they are first needed.
  const tables = database
    .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf_*' ORDER BY name")
    .all();
  return Object.fromEntries(
    tables.map(({ name }) => {
      const columns = database
        .prepare('SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info(?)')
        .all(String(name));
      const more = database
        .prepare("SELECT sql FROM sqlite_master WHERE tbl_name = ? AND type != 'table' AND sql NOT NULL ORDER BY name")
        .all(String(name))
        .map(({ sql }) => String(sql).replace(/\s+/g, " "));
      return [String(name), [...columns, ...more]];
    }),
  );
}

function kindOf(schema: Schema): string {
  const table = ["_account", "_organization", "_pointer"].find((name) => name in schema);
  return table ?? "other";
}
