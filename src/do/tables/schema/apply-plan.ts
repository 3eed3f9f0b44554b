import type { NewUniqueIndex, SchemaPlan, StoredSchema } from "./schema-plan.js";

/** The error messages of tables that cannot be used, by table. */
export type TableProblems = ReadonlyMap<string, string>;

/**
 * Runs the statements of a plan and stores the resulting schema. A unique index that stored rows violate is skipped, so
 * that the rest of the object can be used. Must run in a transaction.
 *
 * @param onColumnsAdded runs after new columns were added and before indexes are created
 * @returns the tables whose index was skipped, each with an error message
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
      problems.set(index.table, describeProblem(index));
      schema = withoutIndex(schema, index);
    }
  }
  sql.exec("INSERT OR REPLACE INTO _schema (id, stored) VALUES (1, ?)", JSON.stringify(schema));
  return problems;
}

function describeProblem({ table, index: { name, columns } }: NewUniqueIndex): string {
  return (
    `The table "${table}" cannot be used: its new unique index "${name}" does not allow stored rows that have the same ` +
    `${columns.join(", ")}. Write a migration that changes or deletes those rows.`
  );
}

/** Removes the index from the schema that is stored, so that the next start retries it. */
function withoutIndex({ tables }: StoredSchema, { table, index }: NewUniqueIndex): StoredSchema {
  const stored = tables[table];
  if (!stored) return { tables };
  const indexes = Object.fromEntries(Object.entries(stored.indexes).filter(([name]) => name !== index.name));
  return { tables: { ...tables, [table]: { ...stored, indexes } } };
}
