import type { RouterDefinition } from "../router/definition.js";
import { describeTables } from "../router/schema/describe-tables.js";
import { checkMigrations } from "../router/schema/migration.js";
import { createIndexSql, createTableOnlySql } from "../do/tables/schema/ddl.js";
import { stableDefaults } from "./stable-defaults.js";

const kinds = ["user", "organization"] as const;

const HEADER = `-- The app's tables in the objects of each kind of owner, and the migrations that were applied.
-- Written by \`trpc-userdo schema --write\`. Commit it, so that changes of the schema show in its diff.
`;

/**
 * Returns the tables of an app as SQL text. Equal definitions give equal text.
 *
 * @throws Error for an invalid definition, with the message that the app would throw at its start
 */
export function schemaText({ app, migrations }: RouterDefinition): string {
  return [
    HEADER,
    ...kinds.map((kind) => kindText(kind, { tables: app.tables[kind], migrations: migrations[kind] })),
  ].join("\n");
}

interface Kind {
  readonly tables: RouterDefinition["app"]["tables"]["user"];
  readonly migrations: RouterDefinition["migrations"]["user"];
}

function kindText(kind: string, { tables, migrations }: Kind): string {
  checkMigrations(migrations);
  const statements = describeTables(tables).flatMap((model) => {
    const definition = tables[model.name];
    const defaults = definition ? stableDefaults(model, definition) : new Map<string, string>();
    return [createTableOnlySql(model, defaults), ...model.indexes.map((index) => createIndexSql(model.name, index))];
  });
  const steps = migrations.map(({ id }) => `-- migration ${JSON.stringify(id)}\n`);
  return [
    `-- ${kind}${statements.length === 0 ? ": no tables" : ""}\n`,
    ...steps,
    ...statements.map((text) => `${text};\n`),
  ].join("");
}
