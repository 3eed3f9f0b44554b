import { TRPCError } from "@trpc/server";
import { ReasonedError } from "../../../router/reasoned-error.js";
import type { Credentials, SignedIn, Signup } from "../../../shared/account.js";
import type { Device } from "../../../shared/device.js";
import type { EmailIndexService } from "../../../router/services.js";
import { addToDevice } from "../../../jwt/device-token.js";
import { emailObjectAddress } from "../../../shared/email-object-address.js";
import { randomId } from "../../../shared/random-id.js";
import { locate, type LocationOptions, type NewUser, type ObjectLocation } from "../../lifecycle/data-location.js";
import type { AppIdentity } from "../../lifecycle/identity.js";
import type { RequestContext } from "../../lifecycle/request-context.js";
import type { ClientFailure } from "../../../shared/client-failure.js";
import type { InternalRequest, SignInResult } from "../../../shared/internal.js";
import { failure, type Failure, type Result } from "../../../shared/result.js";
import { sendInternal } from "../../../shared/send-internal.js";
import type { ObjectStub } from "../../../shared/object-stub.js";
import type { StubOptions } from "../../../shared/restricted-namespace.js";
import type { MailAvailability } from "../../mail/mail-availability.js";
import type { MailBudget } from "../../mail/mail-budget.js";
import type { CheckBreachedPassword } from "../passwords/check-breached-password.js";
import { checkNewPassword } from "../passwords/check-new-password.js";
import type { AddressClaims } from "./address-claims.js";
import { createAddressSignIn } from "./address-sign-in.js";
import type { Throttle } from "../../rate/create-throttle.js";
import { tooManyMails } from "../account-mails.js";
import { createHashQueue } from "../passwords/hash-queue.js";
import { encodeFields } from "../../fields/encode-fields.js";
import { clientError } from "../client-error-result.js";

export interface EmailIndexOptions {
  /** The object's own id: the MAC of its address. */
  readonly id: string;
  readonly identity: () => AppIdentity;
  readonly env: Cloudflare.Env;
  /** Where new users are stored. */
  readonly location: LocationOptions;
  readonly claims: AddressClaims;
  readonly throttle: Throttle;
  readonly mail: MailAvailability;
  readonly mails: MailBudget;
  readonly user: (userId: string, options?: StubOptions) => ObjectStub;
  readonly checkBreachedPassword: CheckBreachedPassword | undefined;
  readonly waitUntil: (work: Promise<unknown>) => void;
}

/** Limit of repeated sign-ups that wait. Each costs a password hash. */
const MAX_WAITING_REPEATS = 20;

type NewAccount = Omit<Extract<InternalRequest, { op: "createAccount" }>, "op" | "operationId" | "isMailLimited">;
type SignUpResult = Result<SignInResult, Failure<"EMAIL_TAKEN" | "ACCOUNT_EXISTS"> | ClientFailure>;

/** The index object of one address. It finds the user for a caller who knows only the address, and limits attempts. */
export function createEmailIndex(options: EmailIndexOptions) {
  const { id, identity, env, location, claims, throttle, mail, mails, user, checkBreachedPassword, waitUntil } =
    options;
  const { signIn, isKnown, userIdOf } = createAddressSignIn({ id, identity, location, claims, throttle, user });
  const repeats = createHashQueue(MAX_WAITING_REPEATS);
  /** Number of sign-ups that created an account since the object started. If it grows during a call, they were concurrent. */
  let signUpCount = 0;
  /** Number of accepted requests for a reset that are not counted yet. */
  let pendingResets = 0;
  /** Whether a link that confirms a device was requested, and the user's object has not been asked for it yet. */
  let isDeviceLinkPending = false;

  async function assertOwnAddress(email: string): Promise<void> {
    const address = await emailObjectAddress(identity().secrets.index, email);
    if (address.id !== id) throw new Error("An email index object was asked about an address that is not its own.");
  }

  /** Chooses where the user's object is created. */
  function locateUser({ profile }: Signup, { signUpRequest }: RequestContext): Promise<ObjectLocation> {
    if (typeof location.jurisdiction === "function" && signUpRequest === undefined)
      throw new Error(
        "The Worker runs a version that does not send the country of a sign-up. Try again when the deployment has finished.",
      );
    // The schema of the app has parsed it.
    const parsed = profile as NewUser["profile"];
    return locate(location, { type: "user", request: signUpRequest, profile: parsed, env });
  }

  async function createAccount(
    request: NewAccount,
    { jurisdiction, locationHint }: ObjectLocation,
    before: number,
  ): Promise<SignUpResult> {
    const { email } = request.signup;
    const stubOptions = locationHint && { locationHint };
    for (;;) {
      const result = await claims.signUp<SignUpResult>({ email, jurisdiction }, async (userId, operationId) => {
        // Beyond the limit, sign up without a mail: repeated sign-ups and deletions must not block the address for others.
        const isMailLimited = !mails.take("verifyEmail", operationId);
        const sent = { op: "createAccount", operationId, isMailLimited, ...request } as const;
        const created = await sendInternal(user(userId, stubOptions), sent);
        // No account was created. The mail was not sent either, unless the app's hook already had it.
        const isUnsent = !created.ok && !("mailed" in created && created.mailed);
        if (isUnsent && !isMailLimited) mails.giveBack(operationId);
        if (created.ok) signUpCount++;
        return { created: created.ok || created.reason === "ACCOUNT_EXISTS", result: created };
      });
      if (result === "taken") return failure("EMAIL_TAKEN");
      if (result !== "busy") return result;
      await claims.whenIdle();
      if (signUpCount > before) return failure("EMAIL_TAKEN");
      // The other sign-up failed, so the address is free.
    }
  }

  /**
   * Answers a repeated sign-up, for example after a double click, like the first. Its password is checked and counted like
   * that of a sign-in, and a wrong one is answered like any sign-up with an address that has an account.
   */
  function repeatSignUp(signup: Signup, device: Device): Promise<SignUpResult> {
    // One at a time, because concurrent attempts count as wrong until their passwords are checked.
    return repeats.run(async () => {
      try {
        const result = await signIn(signup, device);
        return !result.ok && result.reason === "WRONG_CREDENTIALS" ? failure("EMAIL_TAKEN") : result;
      } catch (error) {
        if (error instanceof TRPCError && error.code === "TOO_MANY_REQUESTS") return failure("EMAIL_TAKEN");
        throw error;
      }
    });
  }

  /** Counts a reset for every address, and mails a link if the address has an account. */
  async function mailReset(email: string, device: Device): Promise<void> {
    pendingResets--;
    if (!mails.take("resetPassword")) return;
    const userId = await userIdOf();
    await sendInternal(user(userId), { op: "requestPasswordReset", email, device });
  }

  async function mailDeviceLink(email: string, device: Device): Promise<void> {
    isDeviceLinkPending = false;
    const userId = await userIdOf();
    await sendInternal(user(userId), { op: "requestDeviceLink", email, device });
  }

  async function completeSignIn(
    { signedIn, tokens, deviceEpoch }: SignInResult,
    { device, setSession }: RequestContext,
    target: Credentials["tokens"],
  ): Promise<SignedIn> {
    if (target === "body") return { ...signedIn, tokens };
    const { secrets, binding } = identity();
    const options = { secrets: secrets.jwt, audience: binding, newId: randomId(), epoch: deviceEpoch };
    setSession({ ...tokens, deviceToken: await addToDevice(device.token, signedIn.user.id, options) });
    return signedIn;
  }

  return {
    service: (request: RequestContext): EmailIndexService => ({
      async signup(signup) {
        const { device } = request;
        const before = signUpCount;
        await assertOwnAddress(signup.email);
        // Checked before anything is reserved, hashed or counted. The user's object checks it again.
        if (signup.profile !== undefined) encodeFields(signup.profile, "profile");
        const checked = await checkNewPassword(signup.password, {
          checkBreachedPassword: checkBreachedPassword,
          field: "password",
        });
        const created = { signup, notLookedUp: checked === "not looked up", device };
        const result = await createAccount(created, await locateUser(signup, request), before);
        const isTaken = !result.ok && result.reason === "EMAIL_TAKEN";
        const isRepeated = isTaken && (signUpCount > before || (claims.isNew(Date.now()) && (await isKnown(device))));
        const outcome = isRepeated ? await repeatSignUp(signup, device) : result;
        if (!outcome.ok) throw outcome.reason === "CLIENT_ERROR" ? clientError(outcome) : emailTaken();
        return completeSignIn(outcome.value, request, signup.tokens);
      },

      async login(credentials) {
        await assertOwnAddress(credentials.email);
        const result = await signIn(credentials, request.device);
        if (!result.ok) throw result.reason === "CLIENT_ERROR" ? clientError(result) : wrongCredentials();
        await claims.eraseIfEmpty();
        return completeSignIn(result.value, request, credentials.tokens);
      },

      async requestPasswordReset(email) {
        mail.assertConfigured();
        await assertOwnAddress(email);
        if (!mails.allows("resetPassword", pendingResets)) throw tooManyMails();
        pendingResets++;
        // Runs after the reply, and after a random delay: the time of the reply, or of the first write for an address,
        // would otherwise show whether there is an account.
        waitUntil(randomDelay().then(() => mailReset(email, request.device)));
      },

      async requestDeviceLink(email) {
        mail.assertConfigured();
        await assertOwnAddress(email);
        // The user's object decides whether to mail. Requests that come before it is asked are merged into one.
        if (isDeviceLinkPending) return;
        isDeviceLinkPending = true;
        waitUntil(randomDelay().then(() => mailDeviceLink(email, request.device)));
      },
    }),
  };
}

/** Waits 50 to 500 ms, so that the work starts after the reply was sent. */
function randomDelay(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * 450));
}

function emailTaken(): ReasonedError {
  return new ReasonedError({
    code: "CONFLICT",
    reason: "EMAIL_TAKEN",
    message: "This email address already has an account. Sign in instead.",
  });
}

/** The error is the same for a wrong password and for an unknown address, so that nobody learns which addresses exist. */
function wrongCredentials(): ReasonedError {
  return new ReasonedError({
    code: "UNAUTHORIZED",
    reason: "WRONG_CREDENTIALS",
    message: "The email address or the password is wrong. Check both and try again.",
  });
}
