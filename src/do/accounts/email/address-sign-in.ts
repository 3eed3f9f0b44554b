import type { Credentials } from "../../../shared/account.js";
import { decoyUserId } from "../../../shared/email-object-address.js";
import type { Device } from "../../../shared/device.js";
import type { ClientFailure } from "../../../shared/client-failure.js";
import type { SignInResult } from "../../../shared/internal.js";
import { withJurisdiction } from "../../../shared/jurisdiction.js";
import type { ObjectStub } from "../../../shared/object-stub.js";
import { failure, type Failure, type Result } from "../../../shared/result.js";
import { sendInternal } from "../../../shared/send-internal.js";
import { knownDevice, type KnownDevice } from "../../../jwt/device-token.js";
import type { LocationOptions } from "../../lifecycle/data-location.js";
import type { AppIdentity } from "../../lifecycle/identity.js";
import type { AddressClaims } from "./address-claims.js";
import type { Throttle } from "../../rate/create-throttle.js";

export interface AddressSignInOptions {
  /** The object's own id: the MAC of its address. */
  readonly id: string;
  readonly identity: () => AppIdentity;
  /** Where new users are stored. */
  readonly location: Pick<LocationOptions, "jurisdiction">;
  readonly claims: Pick<AddressClaims, "read">;
  readonly throttle: Throttle;
  readonly user: (userId: string) => ObjectStub;
}

/** The name under which the wrong passwords of one known device are counted. */
export function deviceName(deviceId: string): string {
  return `device ${deviceId}`;
}

/** Checks the password of an address, and counts wrong passwords of all procedures. */
export function createAddressSignIn(options: AddressSignInOptions) {
  const { id, identity, location, claims, throttle, user } = options;

  /** Returns the user of the address, or a decoy id, so that the same work is done for an unknown address. */
  const userIdOf = async (): Promise<string> => claims.read()?.userId ?? decoyId();

  /** The decoy has the jurisdiction of the other users. It receives the password, which must not leave the jurisdiction. */
  async function decoyId(): Promise<string> {
    const { secrets, namespace } = identity();
    const { jurisdiction } = location;
    const restriction = typeof jurisdiction === "function" ? namespace.appJurisdiction : jurisdiction;
    return withJurisdiction(await decoyUserId(secrets.index, id), restriction);
  }

  /** The caller's browser, if the user of the address signed in there before. The device epoch is not checked. */
  async function knownDeviceOf(userId: string, device: Device): Promise<KnownDevice | undefined> {
    const { secrets, binding } = identity();
    return knownDevice(device.token, userId, { secrets: secrets.jwt, audience: binding });
  }

  /** @param known the device that the attempt is counted for; `undefined` counts it with those of strangers */
  async function tryPassword(
    { email, password }: Pick<Credentials, "email" | "password">,
    { userId, device, known }: { readonly userId: string; readonly device: Device; readonly known?: KnownDevice },
  ): Promise<Result<SignInResult, Failure<"UNKNOWN_DEVICE" | "WRONG_CREDENTIALS"> | ClientFailure>> {
    const attempt = throttle.begin(known ? deviceName(known.id) : "account");
    const request = { op: "login", email, password, device, deviceEpoch: known?.epoch } as const;
    const result = await sendInternal(user(userId), request);
    // The password was not checked, so the attempt does not count.
    if (!result.ok && result.reason === "UNKNOWN_DEVICE") attempt.succeeded();
    // The password was right.
    if (!result.ok && result.reason === "CLIENT_ERROR" && result.error.reason === "ACCOUNT_SUSPENDED")
      attempt.succeeded();
    if (!result.ok) return result;
    // A device's count belongs to its user. The account's contains guesses by strangers, which stay counted.
    if (known) attempt.clear();
    else attempt.succeeded();
    return result;
  }

  return {
    userIdOf,

    /** Whether the user of the address signed in on this device before. The device epoch is not checked. */
    isKnown: async (device: Device): Promise<boolean> => (await knownDeviceOf(await userIdOf(), device)) !== undefined,

    /** @throws TRPCError TOO_MANY_REQUESTS (TOO_MANY_WRONG_PASSWORDS) */
    async signIn(
      credentials: Pick<Credentials, "email" | "password">,
      device: Device,
    ): Promise<Result<SignInResult, Failure<"WRONG_CREDENTIALS"> | ClientFailure>> {
      const userId = await userIdOf();
      const known = await knownDeviceOf(userId, device);
      // A known browser has a count of its own, so that wrong passwords of strangers cannot lock its user out.
      if (known) {
        const result = await tryPassword(credentials, { userId, device, known });
        if (result.ok || result.reason !== "UNKNOWN_DEVICE") return result;
      }
      const result = await tryPassword(credentials, { userId, device });
      return result.ok || result.reason !== "UNKNOWN_DEVICE" ? result : failure("WRONG_CREDENTIALS");
    },
  };
}
