import { ReasonedError } from "../../../router/reasoned-error.js";
import { jurisdictionOf, withJurisdiction, type Jurisdiction } from "../../../shared/jurisdiction.js";
import { randomId } from "../../../shared/random-id.js";
import type { ObjectStub } from "../../../shared/object-stub.js";
import { failure, success, type Failure, type Result } from "../../../shared/result.js";
import { sendInternal } from "../../../shared/send-internal.js";
import type { Alarms } from "../../lifecycle/alarms.js";
import type { MessageHandlers } from "../../messaging/create-inbox.js";
import type { MailBudget } from "../../mail/mail-budget.js";
import type { EmailPointer, EmailPointerStore } from "./email-pointer.js";

/** Time for a sign-up to finish, in milliseconds. After that, the alarm resolves its reservation. */
const SIGN_UP_MS = 60_000;

export interface AddressClaimsOptions {
  readonly pointers: EmailPointerStore;
  readonly user: (userId: string) => ObjectStub;
  readonly initialize: <TResult>(work: () => TResult) => TResult;
  readonly isInitialized: () => boolean;
  readonly alarms: Pick<Alarms, "arm" | "register">;
  /** Whether the object stores anything beside the pointer. */
  readonly hasOtherData: () => boolean;
  readonly mails: Pick<MailBudget, "take">;
  /** Deletes all storage of the object. */
  readonly erase: () => Promise<void>;
}

interface NewAddress {
  readonly email: string;
  /** The jurisdiction of the new user. */
  readonly jurisdiction: Jurisdiction | undefined;
}

interface Change {
  readonly userId: string;
  readonly operationId: string;
  readonly email: string;
  readonly until: number;
  /** Whether the user is confirming the change. */
  readonly isConfirming?: boolean | undefined;
}

/**
 * Maps an address to its user. The pointer is an index and not the authority: the user's own object decides whether it has
 * the address. A stale claim, left by a crash or a message that is still on its way, therefore blocks nobody.
 */
export function createAddressClaims(options: AddressClaimsOptions) {
  const { pointers, user, initialize, isInitialized, alarms, hasOtherData, mails, erase } = options;
  /** Resolves when the sign-up that is under way has ended. */
  let signingUp: Promise<void> | undefined;

  /** Updates the pointer from its user's object. Returns `"taken"` if the user of the current pointer has the address. */
  async function syncPointer(email: string): Promise<"taken" | "free"> {
    for (;;) {
      const before = pointers.read();
      if (!before) return "free";
      const hasAddress = await sendInternal(user(before.userId), { op: "hasAccount", email });
      if (!isSame(before, pointers.read())) continue;
      if (hasAddress && before.state === "reserved") commit();
      return hasAddress ? "taken" : "free";
    }
  }

  function commit(): void {
    pointers.commit();
    alarms.arm();
  }

  /** Erases the object if nothing is stored in it. */
  async function eraseIfEmpty(): Promise<void> {
    if (isInitialized() && signingUp === undefined && !pointers.read() && !hasOtherData()) await erase();
  }

  /** Resolves an expired reservation: commits it if the user has the address, and deletes it otherwise. */
  async function resolveReservation(): Promise<void> {
    const reservation = pointers.reservation();
    if (!reservation) return;
    const outcome = signingUp !== undefined ? "busy" : await syncPointer(reservation.email);
    // Read again, because a new claim can have replaced it during syncPointer().
    const now = pointers.reservation();
    if (outcome === "busy" || signingUp !== undefined || (now && now.until > Date.now())) {
      if (now && now.until <= Date.now()) pointers.postpone(Date.now() + SIGN_UP_MS);
    } else if (outcome === "free") {
      pointers.delete();
      await eraseIfEmpty();
    }
  }

  alarms.register({ name: "reservation", due: () => pointers.reservation()?.until, run: resolveReservation });

  return {
    read: pointers.read,
    eraseIfEmpty,

    /** Whether a user signed up with the address within the last minute. */
    isNew: (now: number): boolean => (pointers.signedUpUntil() ?? 0) > now,

    /** Waits for the sign-up that is under way. */
    whenIdle: async (): Promise<void> => signingUp,

    /**
     * Reserves the address for a sign-up, creates the account and commits. The steps are idempotent, so that a crash
     * leaves either a complete account or a reservation that the next sign-up reuses. A reservation for a change of
     * address is replaced, because anybody can request one, unless the change is being confirmed.
     *
     * @param createAccount returns whether the account exists now
     * @returns `"busy"` while another sign-up is under way
     * @throws TRPCError SERVICE_UNAVAILABLE (SIGN_UP_PENDING) if an earlier sign-up in another jurisdiction may not have ended
     */
    async signUp<TResult>(
      { email, jurisdiction }: NewAddress,
      createAccount: (userId: string, operationId: string) => Promise<{ created: boolean; result: TResult }>,
    ): Promise<TResult | "taken" | "busy"> {
      if (signingUp !== undefined) return "busy";
      const { promise, resolve } = Promise.withResolvers<void>();
      signingUp = promise;
      try {
        const before = pointers.read();
        // No confirmation can begin while a sign-up is under way.
        const confirmingUntil = before?.isConfirming === true ? (pointers.reservation()?.until ?? 0) : 0;
        if (before && (await syncPointer(email)) === "taken") return "taken";
        if (confirmingUntil > Date.now()) return "taken";
        const unfinished = before?.state === "reserved" && before.isNewUser ? before.userId : undefined;
        const isElsewhere = unfinished !== undefined && jurisdictionOf(unfinished) !== jurisdiction;
        if (isElsewhere && (pointers.reservation()?.until ?? 0) > Date.now()) throw signUpPending();
        // After a crash the user id is reused, so that a creation that is still on its way finds its own account.
        const userId =
          unfinished === undefined || isElsewhere ? withJurisdiction(randomId(), jurisdiction) : unfinished;
        const operationId = randomId();
        initialize(() => {
          const until = Date.now() + SIGN_UP_MS;
          pointers.reserve({ userId, operationId, isNewUser: true, isConfirming: false }, { email, until });
          alarms.arm();
        });
        const { created, result } = await createAccount(userId, operationId);
        if (created) commit();
        else pointers.delete();
        return result;
      } finally {
        signingUp = undefined;
        resolve();
        await eraseIfEmpty();
      }
    },

    /**
     * Reserves the address for a user who requests a change to it, and again for the confirmation of the change. Before the
     * confirmation the address is not verified, so a sign-up and any other change replace the reservation. After it,
     * nothing replaces the reservation until it expires.
     */
    async reserve(change: Change): Promise<Result<"reserved", Failure<"EMAIL_TAKEN" | "TOO_MANY_MAILS">>> {
      const { userId, operationId, email, until } = change;
      for (;;) {
        if (signingUp !== undefined) return failure("EMAIL_TAKEN");
        const before = pointers.read();
        const isSameChange = before?.operationId === operationId;
        // Another call by the same link has confirmed the change.
        if (isSameChange && before?.state === "committed") return success("reserved");
        const isProtected =
          before !== undefined && isExclusive(before) && (pointers.reservation()?.until ?? 0) > Date.now();
        if (before && before.userId !== userId) {
          if (isProtected || (await syncPointer(email)) === "taken") return failure("EMAIL_TAKEN");
          // Another call has changed the pointer in the meantime.
          if (signingUp !== undefined || !isSame(before, pointers.read())) continue;
        }
        // Only a confirmation comes with an operation that is known. An earlier version does not say that it is one.
        const confirms = isSameChange || change.isConfirming === true;
        if (!confirms && !mails.take("changeEmail")) return failure("TOO_MANY_MAILS");
        // A new request of the same user does not interrupt their confirmation of an earlier one.
        const isConfirming = confirms || (isProtected && before?.userId === userId);
        initialize(() => {
          pointers.reserve({ userId, operationId, isNewUser: false, isConfirming }, { email, until });
          alarms.arm();
        });
        return success("reserved");
      }
    },

    /** Messages of users' objects that commit or release the claim of one operation. Other claims are not affected. */
    handlers: {
      commitAddress(payload) {
        if (pointers.read()?.operationId === field(payload, "operationId")) commit();
      },
      releaseAddress(payload) {
        const pointer = pointers.read();
        if (pointer?.userId !== field(payload, "userId")) return;
        if (pointer?.operationId !== field(payload, "operationId")) return;
        pointers.delete();
        alarms.arm();
      },
    } satisfies MessageHandlers,
  };
}

export type AddressClaims = ReturnType<typeof createAddressClaims>;

/** Whether a reservation blocks other users: it belongs to a sign-up, or to a change that is being confirmed. */
function isExclusive({ state, isNewUser, isConfirming }: EmailPointer): boolean {
  return state === "reserved" && (isNewUser || isConfirming);
}

/** Whether a claim is unchanged. The confirmation of a change is the same operation, but blocks other users. */
function isSame(one: EmailPointer, other: EmailPointer | undefined): boolean {
  return one.operationId === other?.operationId && one.state === other.state && one.isConfirming === other.isConfirming;
}

function field(payload: unknown, name: string): unknown {
  return typeof payload === "object" && payload !== null ? (payload as Record<string, unknown>)[name] : undefined;
}

/** A crash interrupted a sign-up, and its account can still be created. Its user has an id of another jurisdiction. */
function signUpPending(): ReasonedError {
  return new ReasonedError({
    code: "SERVICE_UNAVAILABLE",
    reason: "SIGN_UP_PENDING",
    message: "An earlier sign-up with this email address has not finished. Try again in a minute.",
    retryAfter: SIGN_UP_MS / 1_000,
  });
}
