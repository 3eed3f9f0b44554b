import { TRPCError } from "@trpc/server";
import type { Credentials, SignedIn } from "../../shared/account.js";
import type { IndexRoom } from "../../router/room.js";
import { addToDevice, knownDevice } from "../../jwt/device-token.js";
import { decoyUserId, emailAddressOf } from "../../shared/email-index.js";
import { randomId } from "../../shared/random-id.js";
import type { AppIdentity } from "../app-identity.js";
import type { Visit } from "../entry.js";
import type { Refused, SignInResult } from "../../shared/internal.js";
import type { ObjectStub } from "../../shared/object-stub.js";
import type { BreachLookUp } from "../passwords/breach-look-up.js";
import { checkNewPassword } from "../passwords/check-new-password.js";
import type { AddressClaims } from "./address-claims.js";
import type { Throttle } from "./create-throttle.js";
import { encodeFields } from "./encode-fields.js";
import { createHourlyCount } from "./hourly-count.js";
import { refusalOf } from "./refusable.js";

export interface EmailIndexOptions {
  /** The object's own id: the MAC of its address. */
  readonly id: string;
  readonly identity: () => AppIdentity;
  readonly claims: AddressClaims;
  readonly throttle: Throttle;
  readonly user: (userId: string) => ObjectStub;
  readonly breachLookUp: BreachLookUp | undefined;
  readonly waitUntil: (work: Promise<unknown>) => void;
}

/** Each mails the address, whoever's it is. */
const MAILS_AN_HOUR = 3;

/** The index object of one address, for those who only know the address: it finds the user, and bounds the tries. */
export function createEmailIndex({ id, identity, claims, throttle, user, breachLookUp, waitUntil }: EmailIndexOptions) {
  const resets = createHourlyCount(MAILS_AN_HOUR);
  const signUps = createHourlyCount(MAILS_AN_HOUR);

  async function assertOwnAddress(email: string): Promise<void> {
    const address = await emailAddressOf(identity().secrets.index, email);
    if (address.id !== id) throw new Error("An e-mail index object was asked about an address that is not its own.");
  }

  /** The user of the address; one who is never born when there is none, so that the same work is done. */
  const userIdOf = async (): Promise<string> => claims.read()?.userId ?? decoyUserId(identity().secrets.index, id);

  async function finish(
    { signedIn, tokens }: SignInResult,
    { device, setSession }: Visit,
    target: Credentials["tokens"],
  ): Promise<SignedIn> {
    if (target === "body") return { ...signedIn, tokens };
    const { secrets, binding } = identity();
    const options = { secrets: secrets.jwt, audience: binding, newId: randomId() };
    setSession({ ...tokens, deviceToken: await addToDevice(device.token, signedIn.user.id, options) });
    return signedIn;
  }

  return {
    room: (visit: Visit): IndexRoom => ({
      async signup(signup) {
        const { device } = visit;
        await assertOwnAddress(signup.email);
        // The user's object checks it again. Here nothing is reserved, hashed or counted yet.
        if (signup.profile !== undefined) encodeFields(signup.profile, "profile");
        const checked = await checkNewPassword(signup.password, { lookUp: breachLookUp, field: "password" });
        const notLookedUp = checked === "not looked up";
        const result = await claims.signUp<SignInResult | Refused | "exists">(
          signup.email,
          async (userId, operationId) => {
            // An account that is deleted takes what it mailed along, and the next begins from nothing.
            if (!signUps.take(Date.now())) return { made: false, result: tooManySignUps };
            const answer = await user(userId).internal({
              op: "createAccount",
              operationId,
              signup,
              notLookedUp,
              device,
            });
            return { made: !isRefused(answer), result: answer };
          },
        );
        if (result === "taken" || result === "exists") throw taken();
        if (isRefused(result)) throw refusalOf(result);
        return finish(result, visit, signup.tokens);
      },

      async login({ email, password, tokens }) {
        await assertOwnAddress(email);
        const { secrets, binding } = identity();
        const userId = await userIdOf();
        const { device } = visit;
        const known = await knownDevice(device.token, userId, { secrets: secrets.jwt, audience: binding });
        // A browser that signed in before has tries of its own: a stranger's wrong ones cannot keep its user out.
        const attempt = throttle.begin(known === undefined ? "account" : `device ${known}`);
        const result = await user(userId).internal({ op: "login", email, password, device });
        if (result === "refused") throw wrongCredentials();
        if (isRefused(result)) throw refusalOf(result);
        // A device's count belongs to its user. The account's contains guesses by strangers, which stay counted.
        if (known === undefined) attempt.succeeded();
        else attempt.clear();
        await claims.tidy();
        return finish(result, visit, tokens);
      },

      async requestPasswordReset(email) {
        await assertOwnAddress(email);
        if (!resets.take(Date.now())) throw tooManyResets();
        const userId = await userIdOf();
        // Not waited for, and begun once the answer is gone, at no set moment: its time would tell of an account.
        waitUntil(
          aWhile().then(() => user(userId).internal({ op: "requestPasswordReset", email, device: visit.device })),
        );
      },
    }),
  };
}

/** Longer than an answer takes to leave, shorter than anybody waits for a mail. */
function aWhile(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * 450));
}

function isRefused(result: unknown): result is Refused {
  return typeof result === "object" && result !== null && "refused" in result;
}

function taken(): TRPCError {
  return new TRPCError({ code: "CONFLICT", message: "This address already has an account. Sign in instead." });
}

/** One and the same for a wrong password and an unknown address. */
function wrongCredentials(): TRPCError {
  return new TRPCError({ code: "UNAUTHORIZED", message: "The e-mail address or the password is wrong." });
}

const tooManySignUps: Refused = {
  refused: {
    code: "TOO_MANY_REQUESTS",
    message: "This address signed up three times within the last hour. Try again later.",
  },
};

function tooManyResets(): TRPCError {
  return new TRPCError({
    code: "TOO_MANY_REQUESTS",
    message:
      "A new password was asked for three times within the last hour. Look for the newest mail, or try again later.",
  });
}
