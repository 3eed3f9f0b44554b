import { frameworkTriggersSql } from "../tables/schema/ddl.js";

/** A table of the framework's own whose changes are logged as the app's are: statements that may run again. */
export function loggedTableSql(name: string, key: string, create: string): string {
  return [create, ...frameworkTriggersSql(name, key)].join(";\n");
}
