import type { MailPurpose } from "../../jwt/mail-token.js";
import { MAIL } from "../messaging/outbox-heads.js";
import type { AccountDeps } from "./account-deps.js";
import { emailObjectName } from "./email/email-object-name.js";

/** An event of an account that revokes earlier links, known devices or sessions. */
export type AccountEvent =
  | "emailVerified"
  | "emailChanged"
  | "passwordChanged"
  | "passwordReset"
  | "signedOutElsewhere"
  | "signedOutEverywhere"
  | "accountSuspended"
  | "accountDeleted";

/** The links, devices and sessions that an event revokes. Each column has to be decided for each event. */
export interface Ending {
  /**
   * By purpose: links in mails that were sent, links in mails that still wait in the outbox, and the answers to used
   * links. With the link to a new address the pending change itself ends.
   */
  readonly links: Readonly<Record<MailPurpose, boolean>>;
  /** Whether browsers in which the user signed in before are no longer remembered. */
  readonly devices: boolean;
  /** The sessions that end: all, all but the one that caused the event, or none. */
  readonly sessions: "all" | "others" | "none";
}

/**
 * A link that verifies the account's own address survives a new password, because it shows who reads the mail and gives
 * no access.
 */
export const accountEndings: Readonly<Record<AccountEvent, Ending>> = {
  emailVerified: {
    links: { verifyEmail: true, resetPassword: false, changeEmail: false, confirmDevice: false },
    devices: false,
    sessions: "none",
  },
  emailChanged: {
    links: { verifyEmail: true, resetPassword: true, changeEmail: true, confirmDevice: true },
    devices: true,
    sessions: "none",
  },
  passwordChanged: {
    links: { verifyEmail: false, resetPassword: true, changeEmail: true, confirmDevice: true },
    devices: true,
    sessions: "others",
  },
  passwordReset: {
    links: { verifyEmail: false, resetPassword: true, changeEmail: true, confirmDevice: true },
    devices: true,
    sessions: "all",
  },
  signedOutElsewhere: {
    links: { verifyEmail: false, resetPassword: true, changeEmail: true, confirmDevice: true },
    devices: true,
    sessions: "others",
  },
  signedOutEverywhere: {
    links: { verifyEmail: false, resetPassword: true, changeEmail: true, confirmDevice: true },
    devices: true,
    sessions: "all",
  },
  // The verification link stays for the time after the suspension. Meanwhile the object refuses it.
  accountSuspended: {
    links: { verifyEmail: false, resetPassword: true, changeEmail: true, confirmDevice: true },
    devices: true,
    sessions: "all",
  },
  accountDeleted: {
    links: { verifyEmail: true, resetPassword: true, changeEmail: true, confirmDevice: true },
    devices: true,
    sessions: "all",
  },
};

type EndingDeps = Pick<
  AccountDeps,
  "userId" | "identity" | "mailTokens" | "outbox" | "pendingChanges" | "deviceEpoch" | "sessions"
>;

/**
 * Revokes earlier links, devices and sessions, and frees the address that a pending change reserved. Call it inside the
 * transaction of the event, after the pending change was committed if the event commits one.
 *
 * @param own the session that caused the event, by its present id
 * @returns the ids of the sessions that ended
 */
export function revokeEarlier(deps: EndingDeps, event: AccountEvent, own?: string): string[] {
  const { mailTokens, outbox, deviceEpoch } = deps;
  const { links, devices, sessions } = accountEndings[event];
  for (const purpose of purposesIn(links)) {
    mailTokens.delete(purpose);
    mailTokens.deleteUsed(purpose);
    outbox.deletePending(MAIL, purpose);
  }
  if (links.changeEmail) cancelPendingChange(deps);
  if (devices) deviceEpoch.advance();
  if (sessions === "none") return [];
  return deps.sessions.deleteAllExcept(sessions === "others" ? own : undefined);
}

function purposesIn(links: Ending["links"]): MailPurpose[] {
  return (Object.keys(links) as MailPurpose[]).filter((purpose) => links[purpose]);
}

/** Cancels the pending change of address, and frees the address. Call it inside a transaction. */
export function cancelPendingChange({ userId, identity, outbox, pendingChanges }: EndingDeps): void {
  const pending = pendingChanges.read();
  if (!pending) return;
  pendingChanges.delete();
  const target = emailObjectName(identity().secrets.index, pending.email);
  outbox.post({ target, kind: "releaseAddress", payload: { userId, operationId: pending.operationId } });
}
