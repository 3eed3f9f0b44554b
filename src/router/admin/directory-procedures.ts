import { z } from "zod";
import type { DirectoryUser } from "../../shared/directory.js";
import type { Page } from "../../shared/page.js";
import { emailInput } from "../auth/credentials.js";
import { builtinRoot } from "../builtin-root.js";
import type { AppDefinition, ProfileSchema } from "../definition.js";
import { repeatable } from "../repeatable.js";
import { directoryOf } from "../services.js";
import { appCan } from "../app-roles/app-can.js";
import type { AppRolePolicy } from "../app-roles/app-role-policy.js";
import { pageFields, reasonInput } from "./admin-inputs.js";

/** A user in the directory, with the fields of the profile that the app reports. */
export type DirectoryUserOf<TApp extends AppDefinition> = Omit<DirectoryUser, "profile"> &
  (TApp["profile"] extends ProfileSchema ? { readonly profile?: Partial<z.output<TApp["profile"]>> } : object);

const filterInput = z.object({
  search: z.string().max(200).optional(),
  status: z.enum(["active", "suspended"]).optional(),
  role: z.string().max(50).optional(),
  createdAfter: z.date().optional(),
  createdBefore: z.date().optional(),
});

const { router, appProcedure } = builtinRoot;

/** The procedures that read the directory of users and organizations. */
export function createDirectoryProcedures<TApp extends AppDefinition>(policy: AppRolePolicy) {
  const userReader = appProcedure.use(appCan(policy, "user:read"));

  return {
    users: {
      /**
       * Returns a page of users, the newest first. `search` finds the beginnings of words in the email address and the profile, as
       * far as the app reports them. `createdAfter` is inclusive, `createdBefore` exclusive.
       * @throws FORBIDDEN without "user:read", BAD_REQUEST (CURSOR_INVALID)
       */
      list: userReader
        .input(filterInput.extend(pageFields).prefault({}))
        .query(
          ({ ctx, input: { cursor, limit, direction: _direction, ...filter } }) =>
            directoryOf(ctx).listUsers(filter, { cursor: cursor ?? undefined, limit }) as Promise<
              Page<DirectoryUserOf<TApp>>
            >,
        ),

      /** Returns the number of users. Without a filter, no entries are read. @throws FORBIDDEN without "user:read" */
      count: userReader
        .input(filterInput.prefault({}))
        .query(async ({ ctx, input }) => ({ count: await directoryOf(ctx).countUsers(input) })),

      /**
       * Returns the user of an email address, or `null`. Also finds users whom the directory does not have.
       * @throws FORBIDDEN without "user:read"
       */
      findByEmail: userReader
        .input(z.object({ email: emailInput }))
        .query(({ ctx, input }) => directoryOf(ctx).findByEmail(input.email)),
    },

    organizations: {
      /** Returns a page of organizations, the newest first. @throws FORBIDDEN without "organization:read", BAD_REQUEST (CURSOR_INVALID) */
      list: appProcedure
        .use(appCan(policy, "organization:read"))
        .input(z.object(pageFields).prefault({}))
        .query(({ ctx, input: { cursor, limit } }) =>
          directoryOf(ctx).listOrganizations({ cursor: cursor ?? undefined, limit }),
        ),
    },

    schema: router({
      /** Counts the objects of users and organizations by the versions of their tables. @throws FORBIDDEN without "user:read" */
      status: userReader.query(async ({ ctx }) => ({ items: await directoryOf(ctx).schemaStatus() })),
    }),

    directory: router({
      /**
       * Starts to check all entries of the directory against the objects that they describe. Returns before it is finished.
       * @throws FORBIDDEN without "directory:rebuild"
       */
      rebuild: appProcedure
        .use(appCan(policy, "directory:rebuild"))
        .use(repeatable)
        .input(z.object({ reason: reasonInput }))
        .mutation(({ ctx, input }) => directoryOf(ctx).rebuild(input.reason)),
    }),
  };
}
