/** The version of the tables in an object: the number of the framework's last step, and the app's own definitions. */
export interface SchemaVersion {
  readonly framework: number;
  /** Changes with the app's tables and migrations. */
  readonly app: string;
}

/** A user as the user's object reports it to the directory. Times are in milliseconds since the epoch. */
export interface UserEntry {
  readonly id: string;
  /** Increases with each report of the object. The directory ignores a report that is older than the stored one. */
  readonly version: number;
  readonly createdAt: number;
  /** The day of the last use, in days since the epoch. */
  readonly seenDay: number;
  readonly emailVerified: boolean;
  /** When the suspension ends; `null` if the user is not suspended. {@link FOREVER} for one without an end. */
  readonly suspendedUntil: number | null;
  readonly roles: readonly string[];
  readonly organizationCount: number;
  readonly schema: SchemaVersion;
  /** @default not reported, unless the app sets `directory: { email: true }` */
  readonly email?: string;
  /** The reported fields of the profile, as superjson text. */
  readonly profile?: string;
  /** The texts in the reported fields, for the search. */
  readonly profileText?: string;
}

/** An organization as its object reports it to the directory. */
export interface OrganizationEntry {
  readonly id: string;
  readonly version: number;
  readonly createdAt: number;
  readonly memberCount: number;
  readonly schema: SchemaVersion;
  /** @default not reported, unless the app sets `directory: { organizationName: true }` */
  readonly name?: string;
}

/** The end of a suspension without an end. */
export const FOREVER = Number.MAX_SAFE_INTEGER;

/** The users to list or to count. */
export interface UserFilter {
  /** Beginnings of words of the email address and the reported fields of the profile. All must match. */
  readonly search?: string | undefined;
  readonly status?: "active" | "suspended" | undefined;
  readonly role?: string | undefined;
  readonly createdAfter?: Date | undefined;
  readonly createdBefore?: Date | undefined;
}

/** A page to list: the newest entries first, after the cursor. */
export interface DirectoryPage {
  readonly cursor: string | undefined;
  readonly limit: number;
}

/** A user in the directory. It is current within seconds, and `lastSeenAt` within a day. */
export interface DirectoryUser {
  readonly id: string;
  readonly createdAt: Date;
  /** The day of the last use, in UTC. */
  readonly lastSeenAt: Date;
  readonly emailVerified: boolean;
  readonly status: "active" | "suspended";
  readonly roles: string[];
  readonly organizationCount: number;
  readonly email?: string;
  readonly profile?: Readonly<Record<string, unknown>>;
}

/** An organization in the directory. */
export interface DirectoryOrganization {
  readonly id: string;
  readonly createdAt: Date;
  readonly memberCount: number;
  readonly name?: string;
}

/** The number of objects with one version of the tables. */
export interface SchemaStatus extends SchemaVersion {
  readonly kind: "user" | "organization";
  readonly objects: number;
}

/** The same, as procedures return it. */
export interface ListedSchemaStatus extends SchemaStatus {
  /** Whether it is the version of the running code. Objects of other versions are upgraded when they start. */
  readonly isCurrent: boolean;
}

/** The position of an entry in a list: its key, and its id, because two shards can have equal keys. */
export interface EntryPosition {
  readonly key: number;
  readonly id: string;
}

/** A list of one shard. */
export interface ShardPage<TEntry> {
  readonly entries: readonly (TEntry & { readonly key: number })[];
  /** The number of shards that can have entries, which is only known to the first shard. */
  readonly shards: number;
}
