import { frameworkTriggersSql } from "../tables/schema/change-log-sql.js";

/** The name of the table in the change log. */
export const KV_TABLE = "_kv";

/** The value is the last column, so that a read of the version does not have to read the value. */
const table = `
  CREATE TABLE IF NOT EXISTS ${KV_TABLE} (
    key TEXT PRIMARY KEY NOT NULL,
    version INTEGER NOT NULL,
    expires_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    value TEXT NOT NULL
  ) STRICT`;

const expiryIndex = `CREATE INDEX IF NOT EXISTS _kv_expires ON ${KV_TABLE} (expires_at) WHERE expires_at IS NOT NULL`;

export const kvSchema = [table, expiryIndex, ...frameworkTriggersSql(KV_TABLE, "key")].join(";\n");
