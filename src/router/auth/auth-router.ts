import { z } from "zod";
import type { SignedIn } from "../../shared/account.js";
import { builtinRoot } from "../builtin-root.js";
import type { AppDefinition } from "../definition.js";
import type { UserOf } from "../profile.js";
import { accountOf, emailIndexOf } from "../services.js";
import {
  emailInput,
  mailedLinkInput,
  mailTokenInput,
  newPasswordInput,
  passwordInput,
  tokensInput,
} from "./credentials.js";
import { refresh } from "./refresh.js";
import { socketTicket } from "./socket-ticket.js";
import { signupInput } from "./signup-input.js";

const {
  router,
  emailProcedure,
  mailCookieProcedure,
  mailProcedure,
  ownMailProcedure,
  replacingProcedure,
  signOutProcedure,
  userProcedure,
} = builtinRoot;

/** The built-in `auth` procedures: an account lives in its user's own object, found through its address's index. */
export function createAuthRouter<TApp extends AppDefinition>(profile: TApp["profile"]) {
  // What the objects answer holds the profile as the app's own schema made it.
  type Answer = Promise<SignedIn<UserOf<TApp>>>;

  return router({
    /**
     * Makes an account and signs it in. Called twice at once with the same password, it makes one account and signs in twice.
     * @throws CONFLICT when the address has one, BAD_REQUEST for a weak password, PAYLOAD_TOO_LARGE for a profile above
     *   32 KiB, TOO_MANY_REQUESTS
     */
    signup: emailProcedure
      .input(signupInput<TApp>(profile))
      .mutation(({ ctx, input }) => emailIndexOf(ctx).signup(input) as Answer),

    /**
     * Signs in.
     * @throws UNAUTHORIZED, the same for a wrong password and an unknown address; TOO_MANY_REQUESTS after several wrong
     *   passwords, with the reason TOO_MANY_WRONG_PASSWORDS
     */
    login: emailProcedure
      .input(z.strictObject({ email: emailInput, password: passwordInput, tokens: tokensInput }))
      .mutation(({ ctx, input }) => emailIndexOf(ctx).login(input) as Answer),

    /**
     * Ends this device's session; others stay. Called again, it succeeds and changes nothing.
     * @throws UNAUTHORIZED for nobody
     */
    logout: signOutProcedure.mutation(({ ctx }) => accountOf(ctx).logout()),

    /**
     * Ends all of the user's sessions, this one too. Called again, it succeeds and changes nothing.
     * @throws UNAUTHORIZED for nobody, and for a session that is over while the user has others
     */
    logoutEverywhere: signOutProcedure.mutation(({ ctx }) => accountOf(ctx).logoutEverywhere()),

    /** Who is signed in. @throws UNAUTHORIZED for nobody */
    me: userProcedure.query(({ ctx }) => accountOf(ctx).me() as SignedIn<UserOf<TApp>>),

    refresh,

    socketTicket,

    /**
     * Changes the password, ends all other sessions, and gives this one a new id. The session that changed it can repeat
     * the call with the same new password: it gets the same answer, and nothing changes.
     * @throws UNAUTHORIZED when the current one is wrong, BAD_REQUEST for a weak new one, TOO_MANY_REQUESTS
     */
    changePassword: replacingProcedure
      .input(z.strictObject({ currentPassword: passwordInput, newPassword: newPasswordInput, tokens: tokensInput }))
      .mutation(({ ctx, input }) => accountOf(ctx).changePassword(input) as Answer),

    /**
     * Mails a link for a new password, if there is such an account. The answer is the same without one.
     * @throws PRECONDITION_FAILED when the app cannot send mail, TOO_MANY_REQUESTS
     */
    requestPasswordReset: emailProcedure
      .input(z.strictObject({ email: emailInput }))
      .mutation(({ ctx, input }) => emailIndexOf(ctx).requestPasswordReset(input.email)),

    /**
     * Sets a new password by the token of a mail, and ends all sessions. Called again with the same token and password, it
     * succeeds and changes nothing.
     * @throws BAD_REQUEST for a token that is not valid, and for a weak password, which does not use the token up;
     *   TOO_MANY_REQUESTS after several other passwords with a used token
     */
    resetPassword: mailProcedure
      .input(z.strictObject({ token: mailTokenInput, password: newPasswordInput }))
      .mutation(({ ctx, input }) => accountOf(ctx).resetPassword(input)),

    /**
     * Mails a link that confirms the browser in which it is opened, so that wrong passwords of others do not make it wait.
     * Answers the same for every address. While a link is valid, no other is mailed. For a sign-in that was refused with the
     * reason TOO_MANY_WRONG_PASSWORDS.
     * @throws PRECONDITION_FAILED when the app cannot send mail
     */
    requestDeviceLink: emailProcedure
      .input(z.strictObject({ email: emailInput }))
      .mutation(({ ctx, input }) => emailIndexOf(ctx).requestDeviceLink(input.email)),

    /**
     * Marks the browser as one of the user's by the token of a mail: it has tries of its own at sign-in. It does not sign in.
     * @throws BAD_REQUEST for a link that is not valid, with the reason LINK_USED if it was used
     */
    confirmDevice: mailCookieProcedure
      .input(z.strictObject({ token: mailTokenInput }))
      .mutation(({ ctx, input }) => accountOf(ctx).confirmDevice(input.token)),

    /**
     * Checks a mailed link before its page shows a form, and does not use it up. A mutation, so that the token is in the
     * body of the request and not in a URL, which ends up in logs.
     * @throws BAD_REQUEST for a link that is not valid for this purpose, or that was used
     */
    checkLink: mailProcedure.input(mailedLinkInput).mutation(({ ctx, input }) => accountOf(ctx).checkLink(input)),

    /**
     * Mails a link that verifies the account's address, unless it is verified.
     * @throws PRECONDITION_FAILED when the app cannot send mail, TOO_MANY_REQUESTS
     */
    requestEmailVerification: userProcedure.mutation(({ ctx }) => accountOf(ctx).requestEmailVerification()),

    /**
     * Verifies the user's address with the token of a mail to it. It needs a session of that user, so that nobody verifies
     * an address for a stranger who entered it. Called again with the same token, it succeeds and changes nothing.
     * @throws BAD_REQUEST for a token that is not valid; UNAUTHORIZED for nobody and FORBIDDEN for another user, with the
     *   reason LINK_NEEDS_SESSION: the link stays valid
     */
    verifyEmail: ownMailProcedure
      .input(z.strictObject({ token: mailTokenInput }))
      .mutation(({ ctx, input }) => accountOf(ctx).verifyEmail(input.token)),

    /**
     * Frees an address for its owner, with the token of a link that verifies or changes an address: deletes an account
     * that never verified the address, or cancels a change to it. The app's `onDelete` can refuse the deletion.
     * @throws BAD_REQUEST for a token that is not valid, CONFLICT when the account has verified the address
     */
    rejectEmail: mailProcedure
      .input(z.strictObject({ token: mailTokenInput }))
      .mutation(({ ctx, input }) => accountOf(ctx).rejectEmail(input.token)),

    /**
     * Mails a link to an address that the account is to have instead of its own.
     * @throws PRECONDITION_FAILED when the app cannot send mail, CONFLICT when the address has an account, UNAUTHORIZED for a
     *   wrong password, TOO_MANY_REQUESTS
     */
    changeEmail: userProcedure
      .input(z.strictObject({ email: emailInput, password: passwordInput }))
      .mutation(({ ctx, input }) => accountOf(ctx).changeEmail(input)),

    /**
     * Gives the account the address that the token was mailed to. It needs a session of that account, as `verifyEmail`
     * does. Called again with the same token, it succeeds and changes nothing.
     * @throws as `verifyEmail`; CONFLICT when another account has the address by now
     */
    confirmEmailChange: ownMailProcedure
      .input(z.strictObject({ token: mailTokenInput }))
      .mutation(({ ctx, input }) => accountOf(ctx).confirmEmailChange(input.token)),
  });
}
