import superjson from "superjson";
import { createReporter, type Reporter, type ReporterOptions } from "../directory/create-reporter.js";
import type { DirectorySettings } from "../directory/directory-options.js";
import { dayOf } from "../directory/present-entries.js";
import type { SchemaVersion } from "../../shared/directory.js";
import type { AccountStore } from "./account-store.js";

export interface UserReporterOptions extends Pick<ReporterOptions<"user">, "sql" | "outbox" | "transaction"> {
  readonly userId: string;
  readonly settings: DirectorySettings;
  readonly accounts: Pick<AccountStore, "read">;
  readonly countOrganizations: () => number;
  readonly schemaVersion: () => SchemaVersion;
  /** The decisions of operators about the user. */
  readonly operatorState: () => { readonly roles: readonly string[]; readonly suspendedUntil: number | null };
}

/** The search finds the beginnings of texts up to this length. */
const MAX_PROFILE_TEXT = 1_000;

/** Reports a user to the directory. */
export function createUserReporter(options: UserReporterOptions): Reporter<"user"> {
  const { userId, settings, accounts, countOrganizations, schemaVersion, operatorState, ...rest } = options;

  return createReporter({
    ...rest,
    kind: "user",
    id: userId,
    shards: settings.shards,
    read(last) {
      const account = accounts.read();
      if (!account) return undefined;
      const { email, emailVerified, profile } = account;
      const createdAt = account.createdAt.getTime();
      const { roles, suspendedUntil } = operatorState();
      return {
        createdAt,
        // The session of the last use may have been deleted since.
        seenDay: Math.max(last?.seenDay ?? 0, dayOf(readLastUse(rest.sql) ?? createdAt)),
        emailVerified,
        suspendedUntil,
        roles,
        organizationCount: countOrganizations(),
        schema: schemaVersion(),
        ...(settings.email && { email }),
        ...(settings.profile.length > 0 && toProfile(profile as Readonly<Record<string, unknown>>, settings.profile)),
      };
    },
  });
}

function readLastUse(sql: SqlStorage): number | undefined {
  const { at } = sql.exec("SELECT max(last_seen_at) AS at FROM _sessions").one();
  return at === null ? undefined : Number(at);
}

function toProfile(profile: Readonly<Record<string, unknown>>, names: readonly string[]) {
  const fields = Object.fromEntries(
    names.flatMap((name) => (Object.hasOwn(profile, name) ? [[name, profile[name]]] : [])),
  );
  const texts = Object.values(fields).filter((value) => typeof value === "string");
  return {
    profile: superjson.stringify(fields),
    ...(texts.length > 0 && { profileText: texts.join(" ").slice(0, MAX_PROFILE_TEXT) }),
  };
}
