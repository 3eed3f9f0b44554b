import { TRPCError } from "@trpc/server";
import type { Credentials, SignedIn } from "../../shared/account.js";
import type { IndexRoom } from "../../router/room.js";
import type { Device } from "../../shared/device.js";
import { decoyUserId, emailAddressOf, randomId } from "../../shared/email-index.js";
import type { Alarms } from "../alarms.js";
import type { AppIdentity } from "../app-identity.js";
import type { Visit } from "../entry.js";
import type { SignInResult } from "../../shared/internal.js";
import { stubOf, type ObjectStub } from "../../shared/object-stub.js";
import type { EmailPointerStore } from "./email-pointer.js";

/** How long a sign-up that stopped half-way is left alone before the alarm looks after it. */
const RESERVATION = 60_000;

export interface EmailIndexOptions {
  /** The object's own id: the MAC of its address. */
  readonly id: string;
  readonly identity: () => AppIdentity;
  /** Gives the object its schema and runs `work`, in one transaction. */
  readonly birth: <TResult>(work: () => TResult) => TResult;
  readonly pointers: EmailPointerStore;
  readonly alarms: Alarms;
  /** Takes the object back to before its birth. */
  readonly erase: () => Promise<void>;
}

/**
 * The index object of one address: it says which user the address belongs to, and sees to it that this is
 * decided once. Signing up is a saga of three idempotent steps (reserve here → create there → commit here), so
 * that a stop at any point leaves either a whole account or a reservation that can be taken up again.
 */
export function createEmailIndex({ id, identity, birth, pointers, alarms, erase }: EmailIndexOptions) {
  let signingUp = false;

  const user = (userId: string): ObjectStub => stubOf(identity().namespace, { type: "user", id: userId });

  async function assertOwnAddress(email: string): Promise<void> {
    const address = await emailAddressOf(identity().secrets.index, email);
    if (address.id !== id) throw new Error("An e-mail index object was asked about an address that is not its own.");
  }

  /** Ends a reservation whose sign-up is gone: by what the user's object says became of it. */
  async function settle(): Promise<"committed" | "free"> {
    const pointer = pointers.read();
    const reservation = pointers.reservation();
    if (!pointer || !reservation) return pointer ? "committed" : "free";
    if (!(await user(pointer.userId).internal({ op: "hasAccount", email: reservation.email }))) return "free";
    pointers.commit();
    alarms.arm();
    return "committed";
  }

  async function signup(email: string, password: string, device: Device): Promise<SignInResult> {
    if (pointers.read() && (await settle()) === "committed") throw taken();
    // The same user id again after a stop: a creation that is still on its way then finds its own account.
    const userId = pointers.read()?.userId ?? randomId();
    const operationId = randomId();
    birth(() => {
      pointers.reserve(userId, operationId, { email, until: Date.now() + RESERVATION });
      alarms.arm();
    });
    const result = await user(userId).internal({ op: "createAccount", operationId, email, password, device });
    pointers.commit();
    alarms.arm();
    if (result === "exists") throw taken();
    return result;
  }

  /** Looks after a sign-up that stopped half-way: its account counts if it was made, else the address is free. */
  async function lookAfter(): Promise<void> {
    const outcome = signingUp ? "busy" : await settle();
    // Asked again, because a new sign-up may have taken the reservation over during settle().
    if (outcome === "busy" || signingUp) pointers.postpone(Date.now() + RESERVATION);
    else if (outcome === "free") await erase();
  }

  alarms.register({ name: "reservation", due: () => pointers.reservation()?.until, run: lookAfter });

  return {
    room({ setSession, device }: Visit): IndexRoom {
      const finish = ({ signedIn, tokens }: SignInResult, target: Credentials["tokens"]): SignedIn => {
        if (target === "body") return { ...signedIn, tokens };
        setSession(tokens);
        return signedIn;
      };
      return {
        async signup({ email, password, tokens }) {
          await assertOwnAddress(email);
          if (signingUp || pointers.read()?.state === "committed") throw taken();
          signingUp = true;
          try {
            return finish(await signup(email, password, device), tokens);
          } finally {
            signingUp = false;
          }
        },
        async login({ email, password, tokens }) {
          await assertOwnAddress(email);
          const pointer = pointers.read();
          const userId = pointer?.userId ?? (await decoyUserId(identity().secrets.index, id));
          const result = await user(userId).internal({ op: "login", email, password, device });
          if (result === "refused") throw wrongCredentials();
          return finish(result, tokens);
        },
      };
    },
  };
}

function taken(): TRPCError {
  return new TRPCError({ code: "CONFLICT", message: "This address already has an account. Sign in instead." });
}

/** One and the same for a wrong password and an unknown address. */
function wrongCredentials(): TRPCError {
  return new TRPCError({ code: "UNAUTHORIZED", message: "The e-mail address or the password is wrong." });
}
