import { z } from "zod";
import type { AuditAction, AuditFilter } from "../../shared/audit.js";
import { accountOf } from "../services.js";
import { passwordInput } from "../auth/credentials.js";
import { builtinRoot } from "../builtin-root.js";
import type { AppDefinition } from "../definition.js";
import type { ProfilePatch, UserOf } from "../profile.js";

const { router, cookieProcedure, userProcedure } = builtinRoot;

const auditFilter = z.strictObject({
  limit: z.int().min(1).max(200).default(50),
  cursor: z.int().positive().nullish(),
  /** What TanStack's infinite queries send beside the cursor. */
  direction: z.literal("forward").optional(),
  from: z.date().optional(),
  to: z.date().optional(),
  action: z.custom<AuditAction>((value) => typeof value === "string" && value.length <= 64).optional(),
});

/** The built-in `account` procedures: what a user may do with their own account as a whole. */
export function createAccountRouter<TApp extends AppDefinition>(profile: TApp["profile"]) {
  return router({
    /** The user. @throws UNAUTHORIZED for nobody */
    get: userProcedure.query(({ ctx }) => accountOf(ctx).me().user as UserOf<TApp>),

    /**
     * Changes fields of the profile: `undefined` keeps one, `null` clears it.
     * @throws BAD_REQUEST when the whole does not fit the schema, PAYLOAD_TOO_LARGE above 32 KiB
     */
    update: userProcedure
      .input(patchInput<TApp>(profile))
      .mutation(
        ({ ctx, input }) => accountOf(ctx).updateProfile(input.profile) as UserOf<TApp> | Promise<UserOf<TApp>>,
      ),

    /** Deletes the account and all that is in it, at once and for good. @throws UNAUTHORIZED for a wrong password */
    delete: cookieProcedure
      .input(z.strictObject({ password: passwordInput }))
      .mutation(({ ctx, input }) => accountOf(ctx).delete(input.password)),

    /** All that the user's object holds of them, secrets excepted, one record after the other. */
    export: userProcedure.subscription(({ ctx }) => accountOf(ctx).export()),

    audit: router({
      /** What happened to the account, the newest first, page by page. @throws UNAUTHORIZED for nobody */
      list: userProcedure
        .input(auditFilter.prefault({}))
        .query(({ ctx, input }) => accountOf(ctx).audit(filterOf(input))),
    }),
  });
}

function filterOf({ cursor, from, to, action, limit }: z.output<typeof auditFilter>): AuditFilter {
  return { limit, cursor: cursor ?? undefined, from, to, action };
}

interface Patch {
  readonly profile: Readonly<Record<string, unknown>>;
}

/** Only the names are looked at here: the fields are checked as a whole, together with what stays of them. */
function patchInput<TApp extends AppDefinition>(profile: TApp["profile"]): z.ZodType<Patch, ProfilePatch<TApp>> {
  const names = Object.keys(profile?.shape ?? {});
  const fields = Object.fromEntries(names.map((name) => [name, z.unknown().optional()]));
  const patch = z.strictObject(profile ? { profile: z.strictObject(fields) } : {});
  // What the conditional type comes to for a profile is what this takes: those names, and any values.
  return patch.transform(toPatch) as unknown as z.ZodType<Patch, ProfilePatch<TApp>>;
}

function toPatch(input: object): Patch {
  const given = "profile" in input && typeof input.profile === "object" ? input.profile : {};
  return { profile: { ...given } };
}
