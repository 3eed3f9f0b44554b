/** What is written down about an account. */
export type AuditAction =
  | "signup"
  | "login"
  | "logout"
  | "session.revoke"
  /** A refresh token turned up that was exchanged before: somebody has a copy of it. The session was ended. */
  | "session.reuse"
  | "password.change"
  | "password.confirm"
  | "password.resetRequest"
  | "password.reset"
  /** Of a new password: the service for breached ones did not answer, so it counts as not known there. */
  | "password.lookUp"
  | "device.confirmRequest"
  /** A browser was confirmed by a mailed link: it has its own tries at sign-in. */
  | "device.confirm"
  | "email.verify"
  | "email.changeRequest"
  | "email.change"
  /** Somebody who reads the mail of a new address rejected it. The change was cancelled. */
  | "email.reject"
  | "profile.update"
  | "account.delete"
  | "account.export";

/** One thing that happened to an account. */
export interface AuditEntry {
  readonly id: number;
  readonly at: Date;
  readonly action: AuditAction;
  readonly outcome: "ok" | "failed";
  /** The session that did it, or that came of it. */
  readonly sessionId: string | undefined;
  /** Finds the request in the operator's logs. */
  readonly requestId: string | undefined;
  /** Where it came from, when the app has chosen to keep that. */
  readonly network: string | undefined;
}

export interface AuditFilter {
  readonly limit: number;
  /** The id of the last entry of the page before. */
  readonly cursor?: number | undefined;
  readonly from?: Date | undefined;
  /** Not itself included. */
  readonly to?: Date | undefined;
  readonly action?: AuditAction | undefined;
}

/** The newest first. */
export interface AuditPage {
  readonly entries: AuditEntry[];
  /** For the next page; `undefined` on the last. */
  readonly nextCursor: number | undefined;
}
