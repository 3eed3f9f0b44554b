import type { NewUniqueIndex, SchemaPlan, StoredSchema } from "./schema-plan.js";

/** The reasons why tables cannot be used, by table. */
export type TableProblems = ReadonlyMap<string, string>;

/**
 * Runs a plan's statements and stores the schema that results. A unique index that stored rows do not allow is left out, so
 * that the rest of the object can be used. Call it in a transaction.
 *
 * @param onColumnsAdded runs after new columns were added and before indexes are created
 * @returns the tables without such an index, each with the reason
 */
export function applyPlan(
  sql: SqlStorage,
  { statements, unique, result }: SchemaPlan,
  onColumnsAdded: () => void = () => {},
): TableProblems {
  const problems = new Map<string, string>();
  let schema = result;
  const isColumn = (statement: string): boolean => statement.startsWith("ALTER TABLE");
  for (const statement of statements.filter(isColumn)) sql.exec(statement);
  onColumnsAdded();
  for (const statement of statements.filter((each) => !isColumn(each))) {
    const index = unique.get(statement);
    try {
      sql.exec(statement);
    } catch (error) {
      if (!index || !String(error).includes("UNIQUE constraint failed")) throw error;
      problems.set(index.table, describe(index));
      schema = withoutIndex(schema, index);
    }
  }
  sql.exec("INSERT OR REPLACE INTO _schema (id, stored) VALUES (1, ?)", JSON.stringify(schema));
  return problems;
}

function describe({ table, index: { name, columns } }: NewUniqueIndex): string {
  return (
    `The table "${table}" cannot be used: its new unique index "${name}" does not allow stored rows that have the same ` +
    `${columns.join(", ")}. Write a migration that changes or deletes those rows.`
  );
}

/** The schema that is stored: the next start tries the index again. */
function withoutIndex({ tables }: StoredSchema, { table, index }: NewUniqueIndex): StoredSchema {
  const stored = tables[table];
  if (!stored) return { tables };
  const indexes = Object.fromEntries(Object.entries(stored.indexes).filter(([name]) => name !== index.name));
  return { tables: { ...tables, [table]: { ...stored, indexes } } };
}
