import { z } from "zod";
import type { NewAccount, SignedIn } from "../../shared/account.js";
import type { SessionTokens } from "../../shared/call.js";
import { limits } from "../../shared/limits.js";
import { emailInput } from "../auth/credentials.js";
import { builtinRoot } from "../builtin-root.js";
import type { AppDefinition, ProfileSchema } from "../definition.js";
import { optionalIfEmpty } from "../optional-if-empty.js";
import type { SignupProfile, UserOf } from "../profile.js";
import { repeatable } from "../repeatable.js";
import { requireService } from "../services.js";
import { systemOnly } from "../system-only.js";
import type { UserFieldsPatch } from "../user-fields.js";
import { idInput, pastInput } from "./admin-inputs.js";

const { appProcedure, confidentialProcedure } = builtinRoot;

/** The input of `admin.users.create`, with the `profile` and the `fields` if the app has them. */
export type NewAccountInput<TApp extends AppDefinition> = Omit<NewAccount, "profile" | "fields"> &
  SignupProfile<TApp> & {
    /** The fields that only server code writes. A field that is missing has its default. */
    readonly fields?: UserFieldsPatch<TApp> | undefined;
  };

/** The result of `admin.users.createSession`. */
type CreatedSession<TApp extends AppDefinition> = SignedIn<UserOf<TApp>> & { readonly tokens: SessionTokens };

/** The account that the app itself creates. The user's object validates the fields. */
export function newAccountInput<TApp extends AppDefinition>(profile: ProfileSchema | undefined) {
  const account = z.strictObject({
    email: emailInput,
    emailVerified: z.boolean(),
    createdAt: pastInput.optional(),
    passwordHash: z.string().max(512).optional(),
    fields: z.record(z.string(), z.unknown()).optional(),
  });
  const schema = profile ? account.extend({ profile: optionalIfEmpty(profile.strict()) }) : account;
  // TypeScript cannot resolve the conditional types while the app is generic.
  return schema as unknown as z.ZodType<NewAccount, NewAccountInput<TApp>>;
}

const sessionInput = z.strictObject({
  userId: idInput,
  device: z
    .strictObject({
      label: z.string().max(64).optional(),
      token: z.string().max(limits.tokenLength).optional(),
      network: z.string().max(64).optional(),
      requestId: z.string().max(128).optional(),
    })
    .optional(),
});

/** The procedures of `admin.users` for the app itself. All others are rejected with FORBIDDEN (SYSTEM_ONLY). */
export function createSystemUserProcedures<TApp extends AppDefinition>(profile: TApp["profile"]) {
  const accounts = (ctx: object) => requireService(ctx, "systemAccounts")();

  return {
    /**
     * Creates an account without a sign-up. Without a hash the account has no password until the user sets one by a mailed link.
     * No mail is sent, and `onSignup` does not run.
     * @throws CONFLICT (EMAIL_TAKEN), BAD_REQUEST (EMAIL_INVALID, DATE_IN_FUTURE, PASSWORD_HASH_INVALID, INPUT_INVALID),
     *   PAYLOAD_TOO_LARGE (FIELDS_TOO_LARGE)
     */
    create: appProcedure
      .use(systemOnly)
      .use(repeatable)
      .input(newAccountInput<TApp>(profile))
      .mutation(({ ctx, input }) => accounts(ctx).create(input, ctx.idempotencyKey)),

    /**
     * Signs a user in without a password, for a way to sign in that the app checks itself. Returns the tokens of the session.
     * `device` describes the client, as `createSessionCookies` reads it from a request.
     * @throws NOT_FOUND (USER_NOT_FOUND), FORBIDDEN (ACCOUNT_SUSPENDED), and the errors of the app's `onLogin`
     */
    createSession: confidentialProcedure
      .use(systemOnly)
      .input(sessionInput)
      .mutation(
        ({ ctx, input }) => accounts(ctx).createSession(input.userId, input.device) as Promise<CreatedSession<TApp>>,
      ),
  };
}
