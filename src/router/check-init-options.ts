import { checkFunction, checkOptionNames } from "../shared/check-options.js";
import { checkJurisdiction } from "../shared/jurisdiction.js";
import { checkZodObject } from "./schema/check-zod-object.js";

/** The options of `initUserDO`, before they are checked. */
interface InitOptions {
  readonly tables?: unknown;
  readonly migrations?: unknown;
  readonly session?: unknown;
  readonly profile?: unknown;
  readonly fields?: unknown;
  readonly kv?: unknown;
  readonly roles?: unknown;
  readonly appRoles?: unknown;
  readonly events?: unknown;
  readonly presence?: unknown;
  readonly organizationSettings?: unknown;
  readonly appJurisdiction?: unknown;
  readonly context?: unknown;
  readonly errorFormatter?: unknown;
}

interface ByOwner {
  readonly user?: unknown;
  readonly organization?: unknown;
  readonly app?: unknown;
}

/**
 * Checks the options once, when the app starts. Otherwise a misspelt option would silently have no effect. Fields, names and
 * roles are checked elsewhere.
 *
 * @throws Error that names the option
 */
export function checkInitOptions(options: InitOptions): void {
  checkOptionNames("initUserDO", options, {
    tables: true,
    migrations: true,
    session: true,
    profile: true,
    fields: true,
    kv: true,
    roles: true,
    appRoles: true,
    events: true,
    presence: true,
    organizationSettings: true,
    appJurisdiction: true,
    context: true,
    errorFormatter: true,
  });
  const { tables, migrations } = options;
  for (const [owner, value] of ownersOf("tables", tables)) checkTables(`tables.${owner}`, value);
  for (const [owner, value] of ownersOf("migrations", migrations)) {
    if (value === undefined || Array.isArray(value)) continue;
    throw new Error(`migrations.${owner} is not an array. Write it as [{ id: "…", up(db) { … } }].`);
  }
  for (const name of ["session", "profile", "fields", "organizationSettings"] as const) {
    if (options[name] !== undefined) checkZodObject(name, options[name]);
  }
  checkRecord("kv", options.kv);
  checkRecord("roles", options.roles);
  checkRecord("appRoles", options.appRoles);
  for (const [owner, value] of ownersOf("events", options.events)) checkRecord(`events.${owner}`, value);
  ownersOf("presence", options.presence);
  checkJurisdiction("appJurisdiction", options.appJurisdiction);
  checkFunction("context", options.context);
  checkFunction("errorFormatter", options.errorFormatter);
}

function ownersOf(option: string, value: unknown): [owner: string, value: unknown][] {
  if (value === undefined) return [];
  checkOptionNames(option, value as ByOwner, { user: true, organization: true, app: true });
  return Object.entries(value as object);
}

function checkTables(option: string, tables: unknown): void {
  checkRecord(option, tables);
  for (const [name, definition] of Object.entries(tables ?? {})) {
    const isTable = typeof definition === "object" && definition !== null && "schema" in definition;
    if (!isTable) throw new Error(`${option}.${name} is not a table. Write it as table(z.object({ … })).`);
  }
}

function checkRecord(option: string, value: unknown): void {
  if (value === undefined || (typeof value === "object" && value !== null && !Array.isArray(value))) return;
  throw new Error(`${option} is not an object. Write it as { name: … }.`);
}
