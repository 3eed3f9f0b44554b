import { z } from "zod";
import type { SignedIn, Credentials, Signup } from "../../shared/account.js";
import { builtinRoot } from "../builtin-root.js";
import type { AppDefinition } from "../definition.js";
import type { UserOf, SignupProfile } from "../profile.js";
import { accountOf, emailIndexOf, requireService, servicesOf } from "../services.js";
import {
  emailInput,
  mailedLinkInput,
  mailTokenInput,
  newPasswordInput,
  passwordInput,
  tokensInput,
} from "./credentials.js";
import { limits } from "../../shared/limits.js";
import { optionalIfEmpty } from "../optional-if-empty.js";
import { ReasonedError } from "../reasoned-error.js";
import { repeatable } from "../repeatable.js";

const {
  router,
  emailProcedure,
  mailCookieProcedure,
  mailProcedure,
  ownMailProcedure,
  replacingProcedure,
  signOutProcedure,
  signUpProcedure,
  userProcedure,
} = builtinRoot;

/** The built-in `auth` procedures. An account is stored in its user's own object; the index of its address finds that object. */
export function createAuthRouter<TApp extends AppDefinition>(profile: TApp["profile"]) {
  // The objects return the profile that the app's schema parsed.
  type Result = Promise<SignedIn<UserOf<TApp>>>;

  return router({
    /**
     * Creates an account and signs in. Two concurrent calls with the same password create one account and two sessions.
     * @throws CONFLICT if the address has an account, BAD_REQUEST for an invalid address or a weak password, PAYLOAD_TOO_LARGE
     *   for a profile above 32 KiB, SERVICE_UNAVAILABLE (SIGN_UP_PENDING), TOO_MANY_REQUESTS
     */
    signup: signUpProcedure
      .input(signupInput<TApp>(profile))
      .mutation(({ ctx, input }) => emailIndexOf(ctx).signup(input) as Result),

    /**
     * Signs in.
     * @throws UNAUTHORIZED (WRONG_CREDENTIALS), the same for an unknown address; TOO_MANY_REQUESTS (TOO_MANY_WRONG_PASSWORDS)
     */
    login: emailProcedure
      .input(z.strictObject({ email: emailInput, password: passwordInput, tokens: tokensInput }))
      .mutation(({ ctx, input }) => emailIndexOf(ctx).login(input) as Result),

    /**
     * Ends the caller's session. A repeated call succeeds and changes nothing.
     * @throws UNAUTHORIZED (NOT_SIGNED_IN)
     */
    logout: signOutProcedure.mutation(({ ctx }) => accountOf(ctx).logout()),

    /**
     * Ends all of the user's sessions, including the caller's. A repeated call succeeds and changes nothing.
     * @throws UNAUTHORIZED (NOT_SIGNED_IN), and if the caller's session has ended but the user has other sessions
     */
    logoutEverywhere: signOutProcedure.mutation(({ ctx }) => accountOf(ctx).logoutEverywhere()),

    /** Returns the user and the session of the caller. @throws UNAUTHORIZED (NOT_SIGNED_IN) */
    me: userProcedure.query(({ ctx }) => accountOf(ctx).me() as SignedIn<UserOf<TApp>>),

    refresh,

    socketTicket,

    /**
     * Changes the password, ends all other sessions, and gives the caller's session a new id. If the reply is lost, the session
     * can repeat the call with the same new password, which returns the same and changes nothing.
     * @throws UNAUTHORIZED (NOT_SIGNED_IN, WRONG_PASSWORD), CONFLICT (ACCOUNT_CHANGED), BAD_REQUEST for a weak new password,
     *   TOO_MANY_REQUESTS
     */
    changePassword: replacingProcedure
      .input(z.strictObject({ currentPassword: passwordInput, newPassword: newPasswordInput, tokens: tokensInput }))
      .mutation(({ ctx, input }) => accountOf(ctx).changePassword(input) as Result),

    /**
     * Mails a link that sets a new password, if the address has an account. The reply is the same if it has none.
     * @throws BAD_REQUEST (EMAIL_INVALID), PRECONDITION_FAILED (MAIL_NOT_CONFIGURED), TOO_MANY_REQUESTS
     */
    requestPasswordReset: emailProcedure
      .input(z.strictObject({ email: emailInput }))
      .mutation(({ ctx, input }) => emailIndexOf(ctx).requestPasswordReset(input.email)),

    /**
     * Sets a new password with the token of a mailed link, and ends all sessions. A repeated call with the same token and
     * password succeeds and changes nothing.
     * @throws BAD_REQUEST for an invalid token, or a weak password, after which the token stays valid; TOO_MANY_REQUESTS after
     *   several other passwords with a used token
     */
    resetPassword: mailProcedure
      .use(repeatable)
      .input(z.strictObject({ token: mailTokenInput, password: newPasswordInput }))
      .mutation(({ ctx, input }) => accountOf(ctx).resetPassword(input)),

    /**
     * Mails a link that marks the browser that opens it as a known device, so that wrong passwords from other browsers do not
     * limit its sign-ins. For a sign-in that failed with TOO_MANY_WRONG_PASSWORDS. The reply is the same for every address.
     * While a link is valid, no other is mailed.
     * @throws BAD_REQUEST (EMAIL_INVALID), PRECONDITION_FAILED (MAIL_NOT_CONFIGURED)
     */
    requestDeviceLink: emailProcedure
      .input(z.strictObject({ email: emailInput }))
      .mutation(({ ctx, input }) => emailIndexOf(ctx).requestDeviceLink(input.email)),

    /**
     * Marks the browser as a known device with the token of a mailed link. A known device has its own limit of wrong passwords.
     * Does not sign in.
     * @throws BAD_REQUEST for an invalid link, with the reason LINK_USED if it was used
     */
    confirmDevice: mailCookieProcedure
      .input(z.strictObject({ token: mailTokenInput }))
      .mutation(({ ctx, input }) => accountOf(ctx).confirmDevice(input.token)),

    /**
     * Checks a mailed link before its page shows a form. The link stays valid. A mutation, so that the token is in the body of
     * the request, and not in a URL that could be logged.
     * @throws BAD_REQUEST for a link that is not valid for this purpose, with the reason LINK_USED if it was used
     */
    checkLink: mailProcedure
      .use(repeatable)
      .input(mailedLinkInput)
      .mutation(({ ctx, input }) => accountOf(ctx).checkLink(input)),

    /**
     * Mails a link that verifies the account's address, unless it is verified.
     * @throws UNAUTHORIZED (NOT_SIGNED_IN), PRECONDITION_FAILED (MAIL_NOT_CONFIGURED), TOO_MANY_REQUESTS
     */
    requestEmailVerification: userProcedure
      .use(repeatable)
      .mutation(({ ctx }) => accountOf(ctx).requestEmailVerification(ctx.idempotencyKey)),

    /**
     * Verifies the user's address with the token of a mailed link. Requires a session of that user, so that an address cannot be
     * verified for a stranger who entered it. A repeated call with the same token succeeds and changes nothing.
     * @throws BAD_REQUEST for an invalid token; UNAUTHORIZED without a session and FORBIDDEN for another user, both with the
     *   reason LINK_NEEDS_SESSION, after which the link stays valid
     */
    verifyEmail: ownMailProcedure
      .use(repeatable)
      .input(z.strictObject({ token: mailTokenInput }))
      .mutation(({ ctx, input }) => accountOf(ctx).verifyEmail(input.token)),

    /**
     * Frees an address that someone else entered, with the token of a mailed link: deletes an account that never verified the
     * address, or cancels a change to it. The app's `onDelete` can reject the deletion.
     * @throws BAD_REQUEST for an invalid token, CONFLICT if the account has verified the address
     */
    rejectEmail: mailProcedure
      .use(repeatable)
      .input(z.strictObject({ token: mailTokenInput }))
      .mutation(({ ctx, input }) => accountOf(ctx).rejectEmail(input.token)),

    /**
     * Mails a link to a new address for the account. `confirmEmailChange` completes the change.
     * @throws UNAUTHORIZED (NOT_SIGNED_IN, WRONG_PASSWORD, ACCOUNT_CHANGED), BAD_REQUEST (EMAIL_INVALID) and for the current
     *   address, CONFLICT if the address has an account, PRECONDITION_FAILED (MAIL_NOT_CONFIGURED), TOO_MANY_REQUESTS
     */
    changeEmail: userProcedure
      .use(repeatable)
      .input(z.strictObject({ email: emailInput, password: passwordInput }))
      .mutation(({ ctx, input }) => accountOf(ctx).changeEmail(input, ctx.idempotencyKey)),

    /**
     * Changes the account's address to the one that received the link. Requires a session of that account, as `verifyEmail`
     * does. A repeated call with the same token succeeds and changes nothing.
     * @throws as `verifyEmail`; CONFLICT if another account has the address by now
     */
    confirmEmailChange: ownMailProcedure
      .use(repeatable)
      .input(z.strictObject({ token: mailTokenInput }))
      .mutation(({ ctx, input }) => accountOf(ctx).confirmEmailChange(input.token)),
  });
}

const refreshInput = z.strictObject({ refreshToken: z.string().max(limits.tokenLength).optional() }).optional();

/**
 * Exchanges a refresh token for the next tokens of its session. The reply has them in the body if the token came in the body,
 * and as cookies if it came as a cookie. Calls with the same token at the same moment, such as from twenty tabs, all get the
 * same tokens.
 *
 * @throws UNAUTHORIZED if the session has ended, or if the token was exchanged before, which ends the session
 */
const refresh = builtinRoot.refreshProcedure
  .input(refreshInput)
  .mutation(({ ctx, input }) => requireService(ctx, "refresh")(input?.refreshToken));

/** The input of `auth.signup`, with the `profile` if the app has one. */
function signupInput<TApp extends AppDefinition>(
  profile: TApp["profile"],
): z.ZodType<Signup, Credentials & SignupProfile<TApp>> {
  const credentials = z.strictObject({ email: emailInput, password: newPasswordInput, tokens: tokensInput });
  const schema = profile ? credentials.extend({ profile: optionalIfEmpty(profile.strict()) }) : credentials;
  // TypeScript cannot resolve the conditional type while the app is generic.
  return schema as unknown as z.ZodType<Signup, Credentials & SignupProfile<TApp>>;
}

// Not `organizationId`, because that key routes a call to the organization's object.
const ticketInput = z
  .union([
    z.strictObject({ organization: z.string().min(1).max(128).optional() }),
    z.strictObject({ app: z.literal(true) }),
  ])
  .optional();

/**
 * Issues a ticket that opens one socket: to an organization's object, with `{ app: true }` to the app's, or to the user's own. For clients that authenticate with a
 * token and cannot send it with a socket, as in a browser: they append the ticket to the socket's URL as the parameter
 * `ticket`. A ticket works once, within 30 seconds, and expires with the session.
 *
 * @throws UNAUTHORIZED (NOT_SIGNED_IN), BAD_REQUEST (HTTP_REQUIRED)
 */
const socketTicket = builtinRoot.socketTicketProcedure.input(ticketInput).mutation(({ ctx, input }) => {
  const issueTicket = servicesOf(ctx)?.socketTicket;
  if (!issueTicket) throw requiresHttp();
  if (input && "app" in input) return issueTicket({ isForApp: true });
  return issueTicket({ organizationId: input?.organization });
});

function requiresHttp(): ReasonedError {
  return new ReasonedError({
    code: "BAD_REQUEST",
    reason: "HTTP_REQUIRED",
    message: "`auth.socketTicket` works over HTTP only. Call it through the Worker's handler, with a session.",
  });
}
