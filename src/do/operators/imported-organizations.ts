/** An organization that an import has created, or has begun to create. */
export interface ImportedOrganization {
  /** The user for whom it was created. */
  readonly userId: string;
  /** `undefined` until the user's object has confirmed the organization. */
  readonly organizationId: string | undefined;
}

/** The organizations of imports, by the ids that they have in the files. */
export interface ImportedOrganizations {
  read(key: string): ImportedOrganization | undefined;
  write(key: string, imported: ImportedOrganization): void;
  delete(key: string): void;
  /** Runs work for one key at a time: two imports may name the same organization. */
  runAlone<TResult>(key: string, work: () => Promise<TResult>): Promise<TResult>;
}

export const importedOrganizationSchema = `
  CREATE TABLE IF NOT EXISTS _imported_organizations (
    key TEXT PRIMARY KEY NOT NULL,
    user_id TEXT NOT NULL,
    organization_id TEXT
  ) STRICT, WITHOUT ROWID`;

export function createImportedOrganizations(sql: SqlStorage): ImportedOrganizations {
  const running = new Map<string, Promise<unknown>>();
  return {
    read(key) {
      const [row] = sql
        .exec("SELECT user_id, organization_id FROM _imported_organizations WHERE key = ?", key)
        .toArray();
      if (!row) return undefined;
      const { user_id: userId, organization_id: organizationId } = row;
      return { userId: String(userId), organizationId: organizationId === null ? undefined : String(organizationId) };
    },
    write(key, { userId, organizationId = null }) {
      sql.exec(
        "INSERT OR REPLACE INTO _imported_organizations (key, user_id, organization_id) VALUES (?, ?, ?)",
        key,
        userId,
        organizationId,
      );
    },
    delete(key) {
      sql.exec("DELETE FROM _imported_organizations WHERE key = ?", key);
    },
    async runAlone(key, work) {
      const turn = (running.get(key) ?? Promise.resolve()).then(work);
      const ended = turn.catch(() => {});
      running.set(key, ended);
      try {
        return await turn;
      } finally {
        if (running.get(key) === ended) running.delete(key);
      }
    },
  };
}
