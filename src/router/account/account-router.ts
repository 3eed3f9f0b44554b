import { z } from "zod";
import type { AuditAction, AuditFilter } from "../../shared/audit.js";
import { accountOf } from "../services.js";
import { passwordInput } from "../auth/credentials.js";
import { builtinRoot } from "../builtin-root.js";
import type { AppDefinition } from "../definition.js";
import type { ProfilePatch, UserOf } from "../profile.js";
import { keepReplyOf } from "../runner/middleware.js";

const { router, cookieProcedure, userProcedure } = builtinRoot;

const auditFilter = z.strictObject({
  limit: z.int().min(1).max(200).default(50),
  cursor: z.string().nullish(),
  /** TanStack's infinite queries send it with the cursor. */
  direction: z.literal("forward").optional(),
  from: z.date().optional(),
  to: z.date().optional(),
  action: z.custom<AuditAction>((value) => typeof value === "string" && value.length <= 64).optional(),
});

/** The built-in `account` procedures. All of them throw UNAUTHORIZED (NOT_SIGNED_IN) without a session. */
export function createAccountRouter<TApp extends AppDefinition>(profile: TApp["profile"]) {
  return router({
    /** Returns the user. */
    get: userProcedure.query(({ ctx }) => accountOf(ctx).me().user as UserOf<TApp>),

    /**
     * Changes fields of the profile: `undefined` keeps a field, `null` clears it.
     * @throws BAD_REQUEST if the profile does not match the schema, PAYLOAD_TOO_LARGE above 32 KiB
     */
    update: userProcedure
      .input(patchInput<TApp>(profile))
      .mutation(
        ({ ctx, input, ...options }) =>
          accountOf(ctx).updateProfile(input.profile, keepReplyOf(options)) as UserOf<TApp> | Promise<UserOf<TApp>>,
      ),

    /** Deletes the account and all its data permanently. @throws UNAUTHORIZED (WRONG_PASSWORD, ACCOUNT_CHANGED), CONFLICT for the last owner of an organization, TOO_MANY_REQUESTS */
    delete: cookieProcedure
      .input(z.strictObject({ password: passwordInput }))
      .mutation(({ ctx, input }) => accountOf(ctx).delete(input.password)),

    /** Streams everything that is stored about the user, except secrets, one record at a time. */
    export: userProcedure.subscription(({ ctx }) => accountOf(ctx).export()),

    audit: router({
      /** Returns a page of the account's audit log, the newest entries first. @throws BAD_REQUEST (CURSOR_INVALID) */
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

/** Checks only the names of the fields. The object validates them together with the stored fields. */
function patchInput<TApp extends AppDefinition>(profile: TApp["profile"]): z.ZodType<Patch, ProfilePatch<TApp>> {
  const names = Object.keys(profile?.shape ?? {});
  const fields = Object.fromEntries(names.map((name) => [name, z.unknown().optional()]));
  const patch = z.strictObject(profile ? { profile: z.strictObject(fields) } : {});
  // TypeScript cannot resolve the conditional type while the app is generic.
  return patch.transform(readPatch) as unknown as z.ZodType<Patch, ProfilePatch<TApp>>;
}

function readPatch(input: object): Patch {
  const fields = "profile" in input && typeof input.profile === "object" ? input.profile : {};
  return { profile: { ...fields } };
}
