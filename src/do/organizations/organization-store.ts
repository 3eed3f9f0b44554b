import superjson from "superjson";
import { encodeFields } from "../fields/encode-fields.js";
import { loggedTableSql } from "../tables/schema/change-log-sql.js";

/** The organization of this object. */
export interface OrganizationRow {
  readonly id: string;
  readonly name: string;
  readonly createdAt: Date;
  readonly settings: unknown;
}

/** Stores one row. There is none before the organization is created and after its deletion has begun. */
export interface OrganizationStore {
  exists(): boolean;
  read(): OrganizationRow | undefined;
  insert(organization: OrganizationRow): void;
  setName(name: string): void;
  /** @throws TRPCError PAYLOAD_TOO_LARGE (FIELDS_TOO_LARGE) */
  setSettings(settings: unknown): void;
  delete(): void;
}

export const organizationSchema = loggedTableSql(
  "_organization",
  "id",
  `CREATE TABLE IF NOT EXISTS _organization (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    settings TEXT NOT NULL
  ) STRICT`,
);

/** @param onRename called synchronously after the organization was renamed */
export function createOrganizationStore(sql: SqlStorage, onRename: () => void): OrganizationStore {
  return {
    exists: () => sql.exec("SELECT 1 FROM _organization").toArray().length > 0,
    read() {
      const [row] = sql.exec("SELECT * FROM _organization").toArray();
      return (
        row && {
          id: String(row["id"]),
          name: String(row["name"]),
          createdAt: new Date(Number(row["created_at"])),
          settings: superjson.parse(String(row["settings"])),
        }
      );
    },
    insert: ({ id, name, createdAt, settings }) =>
      void sql.exec(
        "INSERT INTO _organization (id, name, created_at, settings) VALUES (?, ?, ?, ?)",
        id,
        name,
        createdAt.getTime(),
        superjson.stringify(settings),
      ),
    setName(name) {
      sql.exec("UPDATE _organization SET name = ?", name);
      onRename();
    },
    setSettings: (settings) =>
      void sql.exec("UPDATE _organization SET settings = ?", encodeFields(settings, "settings")),
    delete: () => void sql.exec("DELETE FROM _organization"),
  };
}
