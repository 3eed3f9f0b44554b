import superjson from "superjson";
import type { User } from "../../shared/account.js";
import { encodeFields } from "../fields/encode-fields.js";
import type { UserFieldsStore } from "./user-fields.js";

/** The account as stored in its row. */
export interface AccountRow extends User {
  readonly passwordHash: string;
  /** The sign-up or change that gave the account its address. A repeated operation finds that it has succeeded. */
  readonly operationId: string;
  /** The profile, which the user writes. `undefined` if the app has none. */
  readonly profile?: unknown;
  /** The fields that only server code writes. `undefined` if the app has none. */
  readonly fields?: unknown;
}

/** Stores the account of this object's user: one row, or none before sign-up. */
export interface AccountStore {
  read(): AccountRow | undefined;
  insert(account: Omit<AccountRow, "roles" | "permissions">): void;
  setPasswordHash(hash: string): void;
  setVerified(): void;
  /** Gives the account another address, which the user has verified. */
  setEmail(email: string, operationId: string): void;
  /** Returns whether it differs from what was stored. @throws TRPCError PAYLOAD_TOO_LARGE (FIELDS_TOO_LARGE) when it has more than 32 KiB */
  setProfile(profile: unknown): boolean;
  /** @throws TRPCError BAD_REQUEST (INPUT_INVALID), PAYLOAD_TOO_LARGE (FIELDS_TOO_LARGE) */
  setFields(patch: Readonly<Record<string, unknown>>): void;
  delete(): void;
}

export const accountSchema = `
  CREATE TABLE IF NOT EXISTS _account (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    id TEXT NOT NULL,
    email TEXT NOT NULL,
    email_verified INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    password_hash TEXT NOT NULL,
    operation_id TEXT NOT NULL
  ) STRICT`;

export const profileSchema =
  "CREATE TABLE IF NOT EXISTS _profile (only INTEGER PRIMARY KEY CHECK (only = 1), data TEXT NOT NULL) STRICT";

/** The roles of the object's user in the app, and their permissions. */
export type UserAccess = Pick<User, "roles" | "permissions">;

export interface AccountStoreOptions {
  readonly sql: SqlStorage;
  readonly isInitialized: () => boolean;
  readonly access: () => UserAccess;
  /** Whether the app has a profile. */
  readonly hasProfile: boolean;
  /** The fields that only server code writes, if the app has any. */
  readonly fields: UserFieldsStore | undefined;
  /** Called after the address or the profile of an account was changed, in the same turn. */
  readonly onChange: () => void;
}

export function createAccountStore({
  sql,
  isInitialized,
  access,
  hasProfile,
  fields,
  onChange,
}: AccountStoreOptions): AccountStore {
  const store: AccountStore = {
    read() {
      // The object can be deleted while a call waits for its password hash.
      if (!isInitialized()) return undefined;
      const [row] = sql.exec("SELECT * FROM _account").toArray();
      if (!row) return undefined;
      return {
        ...toAccount(row),
        ...access(),
        ...(hasProfile && { profile: readProfile(sql) }),
        ...(fields && { fields: fields.read() }),
      };
    },
    insert({ id, email, emailVerified, createdAt, passwordHash, operationId, profile }) {
      sql.exec(
        `INSERT INTO _account (only, id, email, email_verified, created_at, password_hash, operation_id)
          VALUES (1, ?, ?, ?, ?, ?, ?)`,
        id,
        email,
        Number(emailVerified),
        createdAt.getTime(),
        passwordHash,
        operationId,
      );
      if (hasProfile) writeProfile(sql, profile ?? {});
    },
    setPasswordHash: (hash) => void sql.exec("UPDATE _account SET password_hash = ?", hash),
    setVerified() {
      sql.exec("UPDATE _account SET email_verified = 1");
      onChange();
    },
    setEmail(email, operationId) {
      sql.exec("UPDATE _account SET email = ?, email_verified = 1, operation_id = ?", email, operationId);
      onChange();
    },
    setProfile(profile) {
      if (!writeProfile(sql, profile)) return false;
      onChange();
      return true;
    },
    setFields(patch) {
      if (!fields) throw new Error("This app has no `fields`. Declare them: initUserDO({ fields: z.object({ … }) }).");
      fields.set(patch);
    },
    delete() {
      sql.exec("DELETE FROM _account");
      sql.exec("DELETE FROM _user_fields");
      sql.exec("DELETE FROM _profile");
    },
  };
  return store;
}

/** Returns the fields that the user may see. The row also has the password hash. */
export function toUser({ id, email, emailVerified, createdAt, roles, permissions, profile, fields }: AccountRow): User {
  return {
    id,
    email,
    emailVerified,
    createdAt,
    roles,
    permissions,
    ...(profile !== undefined && { profile }),
    ...(fields !== undefined && { fields }),
  };
}

/** An account that is older than the app's profile has an empty one. */
function readProfile(sql: SqlStorage): unknown {
  const text = readProfileText(sql);
  return text === undefined ? {} : superjson.parse(text);
}

/** Returns whether it differs from what was stored. */
function writeProfile(sql: SqlStorage, profile: unknown): boolean {
  const text = encodeFields(profile, "profile");
  if (text === readProfileText(sql)) return false;
  sql.exec("INSERT OR REPLACE INTO _profile (only, data) VALUES (1, ?)", text);
  return true;
}

function readProfileText(sql: SqlStorage): string | undefined {
  const [row] = sql.exec("SELECT data FROM _profile").toArray();
  return row && String(row["data"]);
}

function toAccount(row: Record<string, SqlStorageValue>): Omit<AccountRow, keyof UserAccess> {
  return {
    id: String(row["id"]),
    email: String(row["email"]),
    emailVerified: row["email_verified"] === 1,
    createdAt: new Date(Number(row["created_at"])),
    passwordHash: String(row["password_hash"]),
    operationId: String(row["operation_id"]),
  };
}
