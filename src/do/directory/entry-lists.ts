import type { EntryPosition, OrganizationEntry, UserEntry, UserFilter } from "../../shared/directory.js";
import { firstKeyAt } from "./entry-key.js";
import { toSearchQuery } from "./search-query.js";

/** An entry with its position in lists. */
export type Listed<TEntry> = TEntry & { readonly key: number };

/** The users to read. */
interface UserQuery extends UserFilter {
  /** Lists entries after this one. */
  readonly after?: EntryPosition | undefined;
}

interface Statement {
  readonly from: string;
  readonly where: string;
  readonly values: readonly SqlStorageValue[];
}

/** The lowest key that is not below a time, or the next higher one. Dates far away are not keys. */
function keyAt(time: number): number {
  return Math.min(Math.max(firstKeyAt(time), 0), Number.MAX_SAFE_INTEGER);
}

/**
 * Selects the rows of a filter. Each statement reads in the order of the keys from the most selective source: the index for
 * searches, the keys of a role, or the users themselves.
 */
function selectUsers({ search, status, role, createdAfter, createdBefore, after }: UserQuery): Statement | undefined {
  const query = search === undefined ? undefined : toSearchQuery(search);
  if (search !== undefined && query === undefined) return undefined;
  const source = query !== undefined ? "_user_search.rowid" : role !== undefined ? "_user_roles.key" : "_users.key";
  const conditions: string[] = [];
  const values: SqlStorageValue[] = [];
  const add = (condition: string, ...more: SqlStorageValue[]): void => {
    conditions.push(condition);
    values.push(...more);
  };
  if (query !== undefined) add("_user_search MATCH ?", query);
  if (role !== undefined && query === undefined) add("_user_roles.role = ?", role);
  if (role !== undefined && query !== undefined)
    add("EXISTS (SELECT 1 FROM _user_roles WHERE role = ? AND _user_roles.key = _users.key)", role);
  // FTS5 ignores limits of row ids that are not integers.
  if (createdAfter) add(`${source} >= CAST(? AS INTEGER)`, keyAt(createdAfter.getTime()));
  if (createdBefore) add(`${source} < CAST(? AS INTEGER)`, keyAt(createdBefore.getTime()));
  if (after) {
    add(`${source} <= CAST(? AS INTEGER)`, after.key);
    add("(_users.key < ? OR _users.id > ?)", after.key, after.id);
  }
  const now = Date.now();
  if (status === "suspended") add("_users.suspended_until > ?", now);
  if (status === "active") add("(_users.suspended_until IS NULL OR _users.suspended_until <= ?)", now);
  const [table] = source.split(".", 1);
  return {
    // The few suspended users are sorted. The planner would rather read all users in order.
    from:
      table === "_users"
        ? status === "suspended"
          ? "_users INDEXED BY _users_suspended"
          : "_users"
        : `${table} CROSS JOIN _users ON _users.key = ${source}`,
    where: conditions.length === 0 ? "1" : conditions.join(" AND "),
    values,
  };
}

/** Reads the entries of a shard in pages. */
export function createEntryLists(sql: SqlStorage) {
  return {
    /** The newest users first. */
    users(query: UserQuery, limit: number): Listed<UserEntry>[] {
      const statement = selectUsers(query);
      if (!statement) return [];
      const { from, where, values } = statement;
      const [source = "_users"] = from.split(" ", 1);
      const key = source === "_user_search" ? "rowid" : "key";
      return sql
        .exec(`SELECT _users.* FROM ${from} WHERE ${where} ORDER BY ${source}.${key} DESC LIMIT ?`, ...values, limit)
        .toArray()
        .map(toUser);
    },

    countUsers(filter: UserFilter): number {
      const statement = selectUsers(filter);
      if (!statement) return 0;
      const { from, where, values } = statement;
      return Number(sql.exec(`SELECT count(*) AS count FROM ${from} WHERE ${where}`, ...values).one()["count"]);
    },

    /** The newest organizations first. */
    organizations: (after: EntryPosition | undefined, limit: number): Listed<OrganizationEntry>[] =>
      sql
        .exec(
          "SELECT * FROM _organizations WHERE key <= ?1 AND (key < ?1 OR id > ?2) ORDER BY key DESC LIMIT ?3",
          after?.key ?? Number.MAX_SAFE_INTEGER,
          after?.id ?? "",
          limit,
        )
        .toArray()
        .map(toOrganization),

    user(id: string): Listed<UserEntry> | undefined {
      const [row] = sql.exec("SELECT * FROM _users WHERE id = ?", id).toArray();
      return row && toUser(row);
    },

    organization(id: string): Listed<OrganizationEntry> | undefined {
      const [row] = sql.exec("SELECT * FROM _organizations WHERE id = ?", id).toArray();
      return row && toOrganization(row);
    },

    /** Entries in ascending order, for a walk over all of them. */
    usersFrom: (key: number, limit: number): Listed<UserEntry>[] =>
      sql.exec("SELECT * FROM _users WHERE key > ? ORDER BY key LIMIT ?", key, limit).toArray().map(toUser),
    organizationsFrom: (key: number, limit: number): Listed<OrganizationEntry>[] =>
      sql
        .exec("SELECT * FROM _organizations WHERE key > ? ORDER BY key LIMIT ?", key, limit)
        .toArray()
        .map(toOrganization),
  };
}

export type EntryLists = ReturnType<typeof createEntryLists>;

function toUser(row: Record<string, SqlStorageValue>): Listed<UserEntry> {
  const { email, profile, profile_text: profileText } = row;
  return {
    key: Number(row["key"]),
    id: String(row["id"]),
    version: Number(row["version"]),
    createdAt: Number(row["created_at"]),
    seenDay: Number(row["seen_day"]),
    emailVerified: row["email_verified"] === 1,
    suspendedUntil: row["suspended_until"] === null ? null : Number(row["suspended_until"]),
    roles: JSON.parse(String(row["roles"])) as string[],
    organizationCount: Number(row["organization_count"]),
    schema: { framework: Number(row["framework"]), app: String(row["app"]) },
    ...(typeof email === "string" && { email }),
    ...(typeof profile === "string" && { profile }),
    ...(typeof profileText === "string" && { profileText }),
  };
}

function toOrganization(row: Record<string, SqlStorageValue>): Listed<OrganizationEntry> {
  const { name } = row;
  return {
    key: Number(row["key"]),
    id: String(row["id"]),
    version: Number(row["version"]),
    createdAt: Number(row["created_at"]),
    memberCount: Number(row["member_count"]),
    schema: { framework: Number(row["framework"]), app: String(row["app"]) },
    ...(typeof name === "string" && { name }),
  };
}
