/** The tables of a shard of the directory. */
export const directoryTables: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS _users (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    seen_day INTEGER NOT NULL,
    email_verified INTEGER NOT NULL,
    suspended_until INTEGER,
    roles TEXT NOT NULL,
    organization_count INTEGER NOT NULL,
    framework INTEGER NOT NULL,
    app TEXT NOT NULL,
    email TEXT,
    profile TEXT,
    profile_text TEXT
  ) STRICT;
  CREATE INDEX IF NOT EXISTS _users_suspended ON _users (suspended_until) WHERE suspended_until IS NOT NULL`,
  `CREATE TABLE IF NOT EXISTS _user_roles (
    role TEXT NOT NULL,
    key INTEGER NOT NULL,
    PRIMARY KEY (role, key)
  ) STRICT, WITHOUT ROWID`,
  // Without a copy of the texts. Its row ids are the keys of the users.
  `CREATE VIRTUAL TABLE IF NOT EXISTS _user_search USING fts5 (
    email, profile, content = '', contentless_delete = 1,
    tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
  )`,
  `CREATE TABLE IF NOT EXISTS _organizations (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    member_count INTEGER NOT NULL,
    framework INTEGER NOT NULL,
    app TEXT NOT NULL,
    name TEXT
  ) STRICT`,
  // The number of objects with each version of their tables, so that no query counts the entries.
  `CREATE TABLE IF NOT EXISTS _object_counts (
    kind TEXT NOT NULL,
    framework INTEGER NOT NULL,
    app TEXT NOT NULL,
    objects INTEGER NOT NULL,
    PRIMARY KEY (kind, framework, app)
  ) STRICT, WITHOUT ROWID`,
  // Deleted entries, so that an older report which arrives late does not create them again.
  `CREATE TABLE IF NOT EXISTS _deleted (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    deleted_at INTEGER NOT NULL,
    PRIMARY KEY (kind, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS _deleted_at ON _deleted (deleted_at)`,
];
