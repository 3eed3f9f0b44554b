import type { RouterDefinition } from "../router/definition.js";
import { describeTables } from "../router/schema/describe-tables.js";
import { checkMigrations } from "../router/schema/migration.js";
import { createIndexSql, createTableOnlySql, type Defaults } from "../do/tables/schema/ddl.js";
import type { TableModel } from "../router/schema/column.js";
import type { TableDefinition } from "../router/schema/table.js";
import { readDefaults } from "../do/tables/schema/column-defaults.js";

const kinds = ["user", "organization", "app"] as const;

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
    ...kinds
      .map((kind) => [kind, { tables: app.tables[kind], migrations: migrations[kind] }] as const)
      // Many apps have no data of the whole app, and text that earlier versions wrote does not contain that part.
      .filter(([kind, { tables, migrations: steps }]) => kind !== "app" || steps.length > 0 || !isEmpty(tables))
      .map(([kind, definition]) => kindText(kind, definition)),
  ].join("\n");
}

const isEmpty = (tables: object): boolean => Object.keys(tables).length === 0;

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

const YEAR_AND_A_BIT = 400 * 86_400_000 + 12_345;

/**
 * Returns the defaults of a table's columns. A computed default (a time, a random id) differs with each call, so a comment
 * replaces it.
 */
function stableDefaults(model: TableModel, definition: TableDefinition): Defaults {
  const defaults = readDefaults(model, definition);
  const later = withClockAhead(() => readDefaults(model, definition));
  return new Map([...defaults].map(([name, value]) => [name, later.get(name) === value ? value : "/* computed */"]));
}

/** Runs `work` with the clock of another day, so that a default of today's date also counts as computed. */
function withClockAhead<TResult>(work: () => TResult): TResult {
  const Real = globalThis.Date;
  const ahead = Real.now() + YEAR_AND_A_BIT;
  globalThis.Date = new Proxy(Real, {
    construct: (target, args: [], newTarget) => Reflect.construct(target, args.length > 0 ? args : [ahead], newTarget),
    apply: () => new Real(ahead).toString(),
    get: (target, key, receiver) => (key === "now" ? () => ahead : Reflect.get(target, key, receiver)),
  });
  try {
    return work();
  } finally {
    globalThis.Date = Real;
  }
}
