// Reads the statements that created an object's tables, for a baseline with the same schema.
import { readdir } from "node:fs/promises";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";

/**
 * Returns the CREATE statements of the largest schema among a server's objects, which is the user's.
 *
 * @param {string} folder in which the objects store their files
 * @returns {Promise<string[]>}
 */
export async function readStoredSchema(folder) {
  const entries = await readdir(folder, { recursive: true });
  const schemas = entries
    .filter((entry) => entry.endsWith(".sqlite"))
    .map((entry) => readStatements(path.join(folder, entry)));
  return schemas.toSorted((one, other) => other.length - one.length)[0];
}

function readStatements(file) {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    database.exec("PRAGMA busy_timeout = 10000");
    const rows = database
      .prepare(
        String.raw`SELECT sql FROM sqlite_schema
          WHERE sql IS NOT NULL AND name NOT LIKE '\_cf%' ESCAPE '\' AND name NOT LIKE 'sqlite%' ORDER BY rowid`,
      )
      .all();
    return rows.map(({ sql }) => String(sql));
  } finally {
    database.close();
  }
}
