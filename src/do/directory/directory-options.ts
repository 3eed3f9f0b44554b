import type { AppDefinition, ProfileSchema } from "../../router/definition.js";
import type { Env } from "../../router/env.js";
import type { DirectoryOrganization, DirectoryUser } from "../../shared/directory.js";
import { checkNumber, checkOptionNames, withDefaultOptions } from "../../shared/check-options.js";
import type { z } from "zod";

type ProfileField<TApp extends AppDefinition> = TApp["profile"] extends ProfileSchema
  ? Extract<keyof z.output<TApp["profile"]>, string>
  : never;

/** The directory of users and organizations, for operators. */
export interface DirectoryOptions<TApp extends AppDefinition = AppDefinition> {
  /**
   * Number of Durable Objects that store the directory, up to 32. Each stores the entries of some users, by a hash of their ids.
   * When the number changes, the entries are moved.
   * @default 1
   */
  readonly shards?: number;
  /**
   * Whether the directory stores email addresses, and searches them.
   * @default false
   */
  readonly email?: boolean;
  /**
   * The fields of the profile that the directory stores. Fields with texts are searched.
   * @default none
   */
  readonly profile?: readonly ProfileField<TApp>[];
  /**
   * Whether the directory stores the names of organizations.
   * @default false
   */
  readonly organizationName?: boolean;
}

/** A change of the directory: an entry as it is now, or the deletion of one. */
export type DirectoryChange =
  | {
      readonly type: "update";
      readonly kind: "user";
      readonly id: string;
      /** Increases with each change of the entry. Ignore a change that is older than the one you have. */
      readonly version: number;
      readonly user: DirectoryUser;
    }
  | {
      readonly type: "update";
      readonly kind: "organization";
      readonly id: string;
      readonly version: number;
      readonly organization: DirectoryOrganization;
    }
  | {
      readonly type: "delete";
      readonly kind: "user" | "organization";
      readonly id: string;
      readonly version: number;
    };

/**
 * Receives the changes of the directory, at least once and for each user in order, up to 100 at a time. Changes of an entry that
 * follow each other quickly are merged. If it throws or rejects, it is called again, with growing pauses.
 */
export type OnDirectoryChange = (event: {
  readonly changes: readonly DirectoryChange[];
  readonly env: Env;
}) => void | Promise<void>;

/** The options of the directory, with their defaults. */
export interface DirectorySettings extends Required<DirectoryOptions> {
  readonly onChange: OnDirectoryChange | undefined;
}

const MAX_SHARDS = 32;

/**
 * Fills in the defaults.
 *
 * @throws Error that names the option which is not valid
 */
export function directorySettings(
  given: DirectoryOptions = {},
  {
    profile,
    onChange,
  }: { readonly profile: ProfileSchema | undefined; readonly onChange: OnDirectoryChange | undefined },
): DirectorySettings {
  checkOptionNames("directory", given, { shards: true, email: true, profile: true, organizationName: true });
  const defaults: Required<DirectoryOptions> = { shards: 1, email: false, profile: [], organizationName: false };
  const filled = withDefaultOptions<DirectoryOptions>(defaults, given);
  checkNumber("directory.shards", filled.shards, { max: MAX_SHARDS });
  for (const name of ["email", "organizationName"] as const) {
    if (typeof filled[name] !== "boolean") throw new Error(`directory.${name} is not a boolean. Use true or false.`);
  }
  const fields: unknown = filled.profile;
  if (!Array.isArray(fields))
    throw new Error('directory.profile is not an array. Pass names of fields, such as ["name"].');
  const unknown = fields.find((name) => typeof name !== "string" || !Object.hasOwn(profile?.shape ?? {}, name));
  if (unknown !== undefined)
    throw new Error(
      `directory.profile: the profile has no field "${String(unknown)}". Declare it in the option profile of initUserDO, or remove it.`,
    );
  return { ...filled, onChange };
}
