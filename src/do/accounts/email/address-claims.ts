import { randomId } from "../../../shared/random-id.js";
import type { ObjectStub } from "../../../shared/object-stub.js";
import type { Alarms } from "../../lifecycle/alarms.js";
import type { MessageHandlers } from "../../messaging/create-inbox.js";
import type { MailBudget } from "../../mail/mail-budget.js";
import type { EmailPointer, EmailPointerStore } from "./email-pointer.js";

/** How long a sign-up that stopped half-way is left alone before the alarm looks after it. */
const SIGN_UP_MS = 60_000;

export interface AddressClaimsOptions {
  readonly pointers: EmailPointerStore;
  readonly user: (userId: string) => ObjectStub;
  readonly initialize: <TResult>(work: () => TResult) => TResult;
  readonly isInitialized: () => boolean;
  readonly alarms: Pick<Alarms, "arm" | "register">;
  /** Whether the object holds anything beside the pointer. */
  readonly hasOtherData: () => boolean;
  readonly mails: Pick<MailBudget, "take">;
  /** Takes the object back to before its birth. */
  readonly erase: () => Promise<void>;
}

interface Change {
  readonly userId: string;
  readonly operationId: string;
  readonly email: string;
  readonly until: number;
  /** Whether the user is about to take the address over. */
  readonly isConfirming?: boolean | undefined;
}

/**
 * Whose an address is. The pointer is an index and not the authority: a user's own object says whether an address is
 * theirs. So a claim that is left behind, by a stop or by a letter that is still on its way, bars nobody.
 */
export function createAddressClaims(options: AddressClaimsOptions) {
  const { pointers, user, initialize, isInitialized, alarms, hasOtherData, mails, erase } = options;
  /** Resolves when the sign-up that is under way has ended. */
  let signingUp: Promise<void> | undefined;

  /** Brings the pointer to what its user's object says. The answer is about the pointer as it is now. */
  async function syncPointer(email: string): Promise<"held" | "open"> {
    for (;;) {
      const before = pointers.read();
      if (!before) return "open";
      const held = await user(before.userId).internal({ op: "hasAccount", email });
      if (!isSame(before, pointers.read())) continue;
      if (held && before.state === "reserved") commit();
      return held ? "held" : "open";
    }
  }

  function commit(): void {
    pointers.commit();
    alarms.arm();
  }

  /** Nothing is kept that is not needed. */
  async function eraseIfEmpty(): Promise<void> {
    if (isInitialized() && signingUp === undefined && !pointers.read() && !hasOtherData()) await erase();
  }

  /** Looks after a reservation that has run out: the address counts if the user has it, else it is free. */
  async function resolveReservation(): Promise<void> {
    const reservation = pointers.reservation();
    if (!reservation) return;
    const outcome = signingUp !== undefined ? "busy" : await syncPointer(reservation.email);
    // Asked again, because a new claim may have taken it over during settle().
    const now = pointers.reservation();
    if (outcome === "busy" || signingUp !== undefined || (now && now.until > Date.now())) {
      if (now && now.until <= Date.now()) pointers.postpone(Date.now() + SIGN_UP_MS);
    } else if (outcome === "open") {
      pointers.delete();
      await eraseIfEmpty();
    }
  }

  alarms.register({ name: "reservation", due: () => pointers.reservation()?.until, run: resolveReservation });

  return {
    read: pointers.read,
    tidy: eraseIfEmpty,

    /** Whether somebody signed up with the address within the last minute. */
    isNew: (now: number): boolean => (pointers.signedUpUntil() ?? 0) > now,

    /** Waits for the sign-up that is under way. */
    whenIdle: async (): Promise<void> => signingUp,

    /**
     * Reserves the address for somebody who signs up, makes their account and commits: idempotent steps, so that a
     * stop between any two leaves either a whole account or a reservation that can be taken up again. It replaces a
     * reservation for a change of address, which anybody can ask for, unless that is being confirmed right now.
     *
     * @param createAccount answers whether there is an account now
     * @returns `"busy"` while another sign-up is under way
     */
    async signUp<TResult>(
      email: string,
      createAccount: (userId: string, operationId: string) => Promise<{ created: boolean; result: TResult }>,
    ): Promise<TResult | "taken" | "busy"> {
      if (signingUp !== undefined) return "busy";
      const { promise, resolve } = Promise.withResolvers<void>();
      signingUp = promise;
      try {
        const before = pointers.read();
        // No confirmation can begin while a sign-up is under way.
        const confirmingUntil = before?.isConfirming === true ? (pointers.reservation()?.until ?? 0) : 0;
        if (before && (await syncPointer(email)) === "held") return "taken";
        if (confirmingUntil > Date.now()) return "taken";
        // The same user id again after a stop: a creation that is still on its way then finds its own account.
        const userId = before?.state === "reserved" && before.isNewUser ? before.userId : randomId();
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
     * Reserves the address for a user who wants to change to it, and again when the change is confirmed. Until then
     * nobody has shown that the address is theirs, so that a sign-up and any other change replace the reservation. From
     * then on, until the reservation expires, nothing replaces it.
     */
    async reserve(change: Change): Promise<"reserved" | "taken" | "too often"> {
      const { userId, operationId, email, until } = change;
      for (;;) {
        if (signingUp !== undefined) return "taken";
        const before = pointers.read();
        const isSameChange = before?.operationId === operationId;
        // Another call by the same link has confirmed the change.
        if (isSameChange && before?.state === "committed") return "reserved";
        const isProtected =
          before !== undefined && isExclusive(before) && (pointers.reservation()?.until ?? 0) > Date.now();
        if (before && before.userId !== userId) {
          if (isProtected || (await syncPointer(email)) === "held") return "taken";
          // Somebody else came in between.
          if (signingUp !== undefined || !isSame(before, pointers.read())) continue;
        }
        // Only a confirmation comes with an operation that is known. An earlier version does not say that it is one.
        const confirms = isSameChange || change.isConfirming === true;
        if (!confirms && !mails.take("changeEmail")) return "too often";
        // A new request of the same user does not interrupt their confirmation of an earlier one.
        const isConfirming = confirms || (isProtected && before?.userId === userId);
        initialize(() => {
          pointers.reserve({ userId, operationId, isNewUser: false, isConfirming }, { email, until });
          alarms.arm();
        });
        return "reserved";
      }
    },

    /** What users' objects write: an address is theirs now, or no longer. Only a claim of that very operation is meant. */
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

/** Whether a reservation keeps others from the address: that of a sign-up, or of a change that is being confirmed. */
function isExclusive({ state, isNewUser, isConfirming }: EmailPointer): boolean {
  return state === "reserved" && (isNewUser || isConfirming);
}

/** Whether nothing happened to a claim. The confirmation of a change is the same operation, but excludes others. */
function isSame(one: EmailPointer, other: EmailPointer | undefined): boolean {
  return one.operationId === other?.operationId && one.state === other.state && one.isConfirming === other.isConfirming;
}

function field(payload: unknown, name: string): unknown {
  return typeof payload === "object" && payload !== null ? (payload as Record<string, unknown>)[name] : undefined;
}
