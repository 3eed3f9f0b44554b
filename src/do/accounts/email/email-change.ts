import { ReasonedError } from "../../../router/reasoned-error.js";
import { emailObjectAddress } from "../../../shared/email-object-address.js";
import { stubOf } from "../../../shared/object-stub.js";
import { sendInternal } from "../../../shared/send-internal.js";
import type { AccountDeps } from "../account-deps.js";
import type { ActingSession } from "../audit-log.js";
import type { PendingEmailChange } from "./pending-change.js";
import { emailObjectName } from "./email-object-name.js";
import { revokeEarlier } from "../revocations.js";
import { invalidLink } from "../../../router/auth/invalid-link.js";
import { linkLifetimes, mailLink, mailNotice, readLinkSecret, tooManyMails } from "../account-mails.js";

/** Additional time of a reservation, in milliseconds: more than the clocks of two machines can differ. */
const CLOCK_MARGIN_MS = 10 * 60_000;
/** How long the address is reserved for the link to be opened, in milliseconds. */
const RESERVATION_MS = linkLifetimes.changeEmail + CLOCK_MARGIN_MS;
/** Limit of addresses that one account can request, because each answer reveals whether the address has an account. */
const REQUEST_RATE = { limit: 10, per: 60 * 60_000 };
/** Time limit of a confirmation, in milliseconds. */
const CONFIRMATION_MS = 60_000;

export interface EmailChangeRequest {
  readonly email: string;
  readonly password: string;
  /** Identifies the request and its repeats. */
  readonly operationId: string;
}

/**
 * Changes the address of an account. The new address is reserved in its index object, and the account gets it when the
 * user opens the link that is mailed to it. A crash leaves either the old address and a reservation that expires, or the
 * new address and outbox messages that update both index objects.
 *
 * A sign-up or another change can replace the reservation until the link is opened. The confirmation therefore reserves
 * the address again, and this reservation cannot be replaced.
 */
export function createEmailChange(deps: AccountDeps) {
  const {
    userId,
    identity,
    accounts,
    sessions,
    passwords,
    mailTokens,
    pendingChanges,
    outbox,
    audit,
    hooks,
    rates,
    transaction,
  } = deps;

  const nameOf = (email: string): string => emailObjectName(identity().secrets.index, email);

  /** @param until when the reservation expires, in milliseconds since the epoch */
  async function reserve({ operationId, email }: PendingEmailChange, until: number, isConfirming = false) {
    const stub = stubOf(identity().namespace, await emailObjectAddress(identity().secrets.index, email));
    return sendInternal(stub, { op: "reserveAddress", userId, operationId, email, until, isConfirming });
  }

  /** Frees the address that an operation reserved. Call it inside a transaction. */
  function release({ email, operationId }: PendingEmailChange): void {
    outbox.post({ target: nameOf(email), kind: "releaseAddress", payload: { userId, operationId } });
  }

  /** Whether this token gave the account its current address. */
  function hasConfirmed(secret: string): boolean {
    const email = accounts.read()?.email;
    return email !== undefined && mailTokens.findUsed("changeEmail", secret, Date.now())?.email === email;
  }

  return {
    pending: pendingChanges.read,

    /**
     * @throws TRPCError PRECONDITION_FAILED (MAIL_NOT_CONFIGURED), BAD_REQUEST (EMAIL_UNCHANGED), CONFLICT (EMAIL_TAKEN),
     *   UNAUTHORIZED (WRONG_PASSWORD), UNAUTHORIZED (ACCOUNT_CHANGED) when the session has ended in the meantime,
     *   TOO_MANY_REQUESTS (TOO_MANY_EMAIL_CHANGES, TOO_MANY_MAILS, TOO_MANY_WRONG_PASSWORDS)
     */
    async request({ email, password, operationId }: EmailChangeRequest, actor: ActingSession): Promise<void> {
      deps.mail.assertConfigured();
      const account = await passwords.confirm(password, actor);
      if (account.email === email) throw emailUnchanged();
      if (!rates.takeDistinct("changeEmail", nameOf(email), REQUEST_RATE, Date.now())) throw tooManyChanges();
      const change = { operationId, email };
      const reserved = await reserve(change, Date.now() + RESERVATION_MS);
      if (!reserved.ok) throw reserved.reason === "EMAIL_TAKEN" ? taken() : tooManyMails();
      const outcome = transaction(() => {
        // The password can have changed, or the session ended, during the reservation. The change is then refused.
        const now = accounts.read();
        if (!now) return "deleted";
        if (
          now.passwordHash !== account.passwordHash ||
          (actor.sessionId !== undefined && !sessions.findActive(actor.sessionId, Date.now()))
        ) {
          release(change);
          return "ended";
        }
        mailLink(deps, "changeEmail", email);
        // Another request can have been faster.
        const before = pendingChanges.read();
        if (before && before.email !== email) release(before);
        pendingChanges.write(change);
        audit.add({ action: "email.changeRequest", outcome: "ok", ...actor });
        return "begun";
      });
      // A deleted account has no outbox, so the address is freed by a call. If the call fails, the reservation expires.
      if (outcome === "deleted") await reserve(change, Date.now()).catch(() => {});
      if (outcome !== "begun") throw signInAgain();
    },

    /**
     * Gives the account the new address. A repeated call with the same token succeeds and changes nothing.
     *
     * @param assertOwnSession throws unless the caller has a session of this account
     * @throws TRPCError BAD_REQUEST (LINK_INVALID), CONFLICT (EMAIL_TAKEN) when another account has got the address in the
     *   meantime, UNAUTHORIZED or FORBIDDEN (LINK_NEEDS_SESSION) without a session of this account
     */
    async confirm(token: string, actor: ActingSession, assertOwnSession: () => void): Promise<void> {
      const secret = await readLinkSecret(deps, "changeEmail", token);
      if (hasConfirmed(secret)) return;
      const change = pendingChanges.read();
      const sent = mailTokens.peek("changeEmail", secret, Date.now());
      if (!change || sent?.email !== change.email) throw invalidLink();
      assertOwnSession();
      const until = Date.now() + CONFIRMATION_MS;
      if (!(await reserve(change, until + CLOCK_MARGIN_MS, true)).ok) throw emailTakenMeanwhile();
      const done = transaction(() => {
        const before = accounts.read();
        if (!before) throw invalidLink();
        // Another call with this token can have been faster.
        if (hasConfirmed(secret)) return { hook: undefined };
        if (pendingChanges.read()?.operationId !== change.operationId) {
          // The change was cancelled during the second reservation.
          if (before.operationId !== change.operationId) release(change);
          return undefined;
        }
        // After this time the index object can give the address to another user.
        if (Date.now() > until) throw confirmationTimedOut();
        // The session can have ended during the reservation.
        assertOwnSession();
        const used = mailTokens.consume("changeEmail", secret, Date.now());
        if (!used) throw invalidLink();
        const target = nameOf(change.email);
        pendingChanges.delete();
        accounts.setEmail(change.email, change.operationId);
        revokeEarlier(deps, "emailChanged");
        mailTokens.addUsed("changeEmail", secret, used);
        outbox.post({ target, kind: "commitAddress", payload: { operationId: change.operationId } });
        release(before);
        deps.organizations.announceEmail(change.email);
        deps.organizations.requestInvitations(target);
        mailNotice(deps, "emailChanged", before);
        deps.roles.claimBootstrap({ email: change.email, emailVerified: true });
        audit.add({ action: "email.change", outcome: "ok", ...actor });
        return { hook: hooks.emailChanged(before) };
      });
      if (!done) throw invalidLink();
      await done.hook;
    },
  };
}

export type EmailChange = ReturnType<typeof createEmailChange>;

function taken(): ReasonedError {
  return new ReasonedError({
    code: "CONFLICT",
    reason: "EMAIL_TAKEN",
    message: "This email address already belongs to an account. Choose another one.",
  });
}

function tooManyChanges(): ReasonedError {
  return new ReasonedError({
    code: "TOO_MANY_REQUESTS",
    reason: "TOO_MANY_EMAIL_CHANGES",
    message: `You requested ${REQUEST_RATE.limit} changes of your email address within the last hour. Try again later.`,
  });
}

function emailTakenMeanwhile(): ReasonedError {
  return new ReasonedError({
    code: "CONFLICT",
    reason: "EMAIL_TAKEN",
    message: "Another account got this address before you confirmed it. Your account keeps its current address.",
  });
}

function confirmationTimedOut(): ReasonedError {
  return new ReasonedError({
    code: "SERVICE_UNAVAILABLE",
    reason: "CONFIRMATION_TIMED_OUT",
    message: "The confirmation took too long. Open the link again.",
  });
}

function signInAgain(): ReasonedError {
  return new ReasonedError({
    code: "UNAUTHORIZED",
    reason: "ACCOUNT_CHANGED",
    message:
      "Your password was changed or your session ended in the meantime. Sign in again, then change the email address.",
  });
}

function emailUnchanged(): ReasonedError {
  return new ReasonedError({
    code: "BAD_REQUEST",
    reason: "EMAIL_UNCHANGED",
    message: "Your account already has this email address. Enter another one.",
  });
}
