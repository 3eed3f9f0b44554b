import type { OrganizationEntry, SchemaVersion, UserEntry } from "../../shared/directory.js";
import { entryKey } from "./entry-key.js";
import { createObjectCounts, type ObjectKind } from "./object-counts.js";

/** Called in the transaction that changes an entry. */
export type OnEntryChange = (kind: ObjectKind, id: string) => void;

export interface EntryStoreOptions {
  readonly sql: SqlStorage;
  /** @default nothing */
  readonly onChange?: OnEntryChange;
}

/** The part of an entry that decides whether a report is newer. */
interface StoredEntry {
  readonly key: number;
  readonly version: number;
}

const tables = { user: "_users", organization: "_organizations" } as const;

/**
 * Stores the entries of a shard. Reports can be repeated and arrive in any order: an entry always ends as the report with the
 * highest version describes it. Call all functions that write in a transaction.
 */
export function createEntryStore({ sql, onChange }: EntryStoreOptions) {
  const counts = createObjectCounts(sql);

  function find(kind: ObjectKind, id: string): StoredEntry | undefined {
    const [row] = sql.exec(`SELECT key, version FROM ${tables[kind]} WHERE id = ?`, id).toArray();
    return row && { key: Number(row["key"]), version: Number(row["version"]) };
  }

  function deletedVersion(kind: ObjectKind, id: string): number | undefined {
    const [row] = sql.exec("SELECT version FROM _deleted WHERE kind = ? AND id = ?", kind, id).toArray();
    return row && Number(row["version"]);
  }

  /** Two entries of one millisecond can get the same key, so the next unused one is taken. */
  function unusedKey(kind: ObjectKind, id: string, createdAt: number): number {
    let key = entryKey(id, createdAt);
    while (sql.exec(`SELECT 1 FROM ${tables[kind]} WHERE key = ?`, key).toArray().length > 0) key++;
    return key;
  }

  /** Returns the key for a newer report; `undefined` for one that is not newer. */
  function keyFor(kind: ObjectKind, { id, version, createdAt }: UserEntry | OrganizationEntry): number | undefined {
    const before = find(kind, id);
    if (before) return version > before.version ? before.key : undefined;
    const deleted = deletedVersion(kind, id);
    if (deleted !== undefined && deleted >= version) return undefined;
    if (deleted !== undefined) sql.exec("DELETE FROM _deleted WHERE kind = ? AND id = ?", kind, id);
    return unusedKey(kind, id, createdAt);
  }

  function writeRoles(key: number, before: readonly string[], after: readonly string[]): void {
    for (const role of before) sql.exec("DELETE FROM _user_roles WHERE role = ? AND key = ?", role, key);
    for (const role of new Set(after)) sql.exec("INSERT INTO _user_roles (role, key) VALUES (?, ?)", role, key);
  }

  function deleteRow(kind: ObjectKind, key: number): void {
    const [row] = sql.exec(`SELECT * FROM ${tables[kind]} WHERE key = ?`, key).toArray();
    if (!row) return;
    if (kind === "user") {
      writeRoles(key, rolesOf(row), []);
      if (isSearchable(row)) deleteFromSearch(key);
    }
    counts.add(kind, toSchema(row), -1);
    sql.exec(`DELETE FROM ${tables[kind]} WHERE key = ?`, key);
  }

  const deleteFromSearch = (key: number): void =>
    void sql.exec("DELETE FROM _user_search WHERE rowid = CAST(? AS INTEGER)", key);

  function updateSearch(key: number, before: Row | undefined, entry: UserEntry): void {
    const { email, profileText } = toTexts(entry);
    if (before && before["email"] === email && before["profile_text"] === profileText) return;
    if (before && isSearchable(before)) deleteFromSearch(key);
    if (email === null && profileText === null) return;
    sql.exec(
      "INSERT INTO _user_search (rowid, email, profile) VALUES (CAST(? AS INTEGER), ?, ?)",
      key,
      email ?? "",
      profileText ?? "",
    );
  }

  return {
    find,
    deletedVersion,
    counts,

    /** Stores a report of a user's object. Returns whether it was newer than the stored entry. */
    putUser(entry: UserEntry): boolean {
      const key = keyFor("user", entry);
      if (key === undefined) return false;
      const [before] = sql.exec("SELECT * FROM _users WHERE key = ?", key).toArray();
      const { schema } = entry;
      const { email, profile, profileText } = toTexts(entry);
      const roles = JSON.stringify(entry.roles);
      if (before?.["roles"] !== roles) writeRoles(key, before ? rolesOf(before) : [], entry.roles);
      updateSearch(key, before, entry);
      counts.move("user", before && toSchema(before), schema);
      sql.exec(
        // An update leaves the indexes as they are, unlike a replacement.
        `INSERT INTO _users (key, id, version, created_at, seen_day, email_verified, suspended_until, roles,
           organization_count, framework, app, email, profile, profile_text)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (key) DO UPDATE SET version = excluded.version, seen_day = excluded.seen_day,
           email_verified = excluded.email_verified, suspended_until = excluded.suspended_until, roles = excluded.roles,
           organization_count = excluded.organization_count, framework = excluded.framework, app = excluded.app,
           email = excluded.email, profile = excluded.profile, profile_text = excluded.profile_text`,
        key,
        entry.id,
        entry.version,
        entry.createdAt,
        entry.seenDay,
        Number(entry.emailVerified),
        entry.suspendedUntil,
        roles,
        entry.organizationCount,
        schema.framework,
        schema.app,
        email,
        profile,
        profileText,
      );
      onChange?.("user", entry.id);
      return true;
    },

    /** Stores a report of an organization's object. Returns whether it was newer than the stored entry. */
    putOrganization(entry: OrganizationEntry): boolean {
      const key = keyFor("organization", entry);
      if (key === undefined) return false;
      const { schema } = entry;
      const [before] = sql.exec("SELECT framework, app FROM _organizations WHERE key = ?", key).toArray();
      counts.move("organization", before && toSchema(before), schema);
      sql.exec(
        `INSERT INTO _organizations (key, id, version, created_at, member_count, framework, app, name)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (key) DO UPDATE SET version = excluded.version, member_count = excluded.member_count,
           framework = excluded.framework, app = excluded.app, name = excluded.name`,
        key,
        entry.id,
        entry.version,
        entry.createdAt,
        entry.memberCount,
        schema.framework,
        schema.app,
        entry.name ?? null,
      );
      onChange?.("organization", entry.id);
      return true;
    },

    /** Deletes the entry of an object that was deleted, and ignores its earlier reports from now on. */
    delete(kind: ObjectKind, id: string, version: number): boolean {
      const before = find(kind, id);
      if ((before?.version ?? deletedVersion(kind, id) ?? 0) >= version) return false;
      if (before) deleteRow(kind, before.key);
      sql.exec(
        "INSERT OR REPLACE INTO _deleted (kind, id, version, deleted_at) VALUES (?, ?, ?, ?)",
        kind,
        id,
        version,
        Date.now(),
      );
      onChange?.(kind, id);
      return true;
    },

    /** Deletes an entry that another shard has now. */
    release(kind: ObjectKind, id: string): void {
      const before = find(kind, id);
      if (before) deleteRow(kind, before.key);
    },

    /** Deletes the records of objects that were deleted before a time. */
    pruneDeleted: (before: number): void => void sql.exec("DELETE FROM _deleted WHERE deleted_at < ?", before),

    /** The time of the oldest known deletion. */
    oldestDeletion(): number | undefined {
      const { at } = sql.exec("SELECT min(deleted_at) AS at FROM _deleted").one();
      return at === null ? undefined : Number(at);
    },
  };
}

export type EntryStore = ReturnType<typeof createEntryStore>;

type Row = Record<string, SqlStorageValue>;

function toTexts({ email, profile, profileText }: UserEntry) {
  return { email: email ?? null, profile: profile ?? null, profileText: profileText ?? null };
}

const isSearchable = (row: Row): boolean => row["email"] !== null || row["profile_text"] !== null;
const rolesOf = (row: Row): string[] => JSON.parse(String(row["roles"])) as string[];

function toSchema(row: Row): SchemaVersion {
  return { framework: Number(row["framework"]), app: String(row["app"]) };
}
