import type { EntryPosition, OrganizationEntry, SchemaStatus, ShardPage, UserEntry, UserFilter } from "./directory.js";
import type { Failure, Result } from "./result.js";

/** The requests about the directory. Each comment begins with the sender and the receiver. */
export type DirectoryOperation =
  | {
      /** Directory → user or organization: returns the object's entry. */
      readonly op: "reportEntry";
    }
  | {
      /** App → email index: returns the user of the address. */
      readonly op: "findUser";
    }
  | {
      /** App → directory: lists the users of a shard, the newest first. */
      readonly op: "listUsers";
      readonly filter: UserFilter;
      readonly after: EntryPosition | undefined;
      readonly limit: number;
    }
  | {
      /** App → directory: counts the users of a shard. */
      readonly op: "countUsers";
      readonly filter: UserFilter;
    }
  | {
      /** App → directory: lists the organizations of a shard, the newest first. */
      readonly op: "listOrganizations";
      readonly after: EntryPosition | undefined;
      readonly limit: number;
    }
  | {
      /** App → directory: counts the objects of a shard by the versions of their tables. */
      readonly op: "countSchemas";
    }
  | {
      /** App → directory: checks all entries of a shard against their objects. */
      readonly op: "rebuildDirectory";
    };

/** The replies to these requests. */
export interface DirectoryReplies {
  /** `ENTRY_NOT_FOUND`: the object does not exist. */
  reportEntry: Result<UserEntry | OrganizationEntry, Failure<"ENTRY_NOT_FOUND">>;
  findUser: { readonly userId: string } | null;
  listUsers: ShardPage<UserEntry>;
  countUsers: { readonly count: number; readonly shards: number };
  listOrganizations: ShardPage<OrganizationEntry>;
  countSchemas: { readonly versions: readonly SchemaStatus[]; readonly shards: number };
  rebuildDirectory: void;
}
