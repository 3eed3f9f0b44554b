/** The actions that the audit log of an account records. */
export type AuditAction =
  | "signup"
  /** The app itself created the account. */
  | "account.create"
  | "login"
  | "logout"
  /** The app itself signed the user in, for example after a sign-in with another service. */
  | "session.create"
  | "session.revoke"
  /** A refresh token was used again after it was exchanged, so it was copied. The session was ended. */
  | "session.reuse"
  | "password.change"
  | "password.confirm"
  | "password.resetRequest"
  | "password.reset"
  /** The service for breached passwords did not answer, so a new password was accepted without the check. */
  | "password.lookUp"
  | "device.confirmRequest"
  /** A mailed link confirmed a browser, which then has its own limit of sign-in attempts. */
  | "device.confirm"
  | "email.verify"
  | "email.changeRequest"
  | "email.change"
  /** The recipient of the mail to a new address rejected it, so the change was cancelled. */
  | "email.reject"
  | "profile.update"
  | "account.delete"
  | "account.export"
  /** An operator of the app acted on the account. The entry does not name the operator. */
  | "operator.suspend"
  | "operator.unsuspend"
  | "operator.revokeSessions"
  | "operator.sendPasswordReset"
  | "operator.resendVerification"
  | "operator.export"
  | "operator.retryDeadLetter"
  | "operator.restore"
  /** The suspension ended by itself. */
  | "suspension.end";

/** One entry of the audit log of an account. */
export interface AuditEntry {
  readonly id: number;
  readonly at: Date;
  readonly action: AuditAction;
  readonly outcome: "ok" | "failed";
  /** The session that performed the action, or that the action created. */
  readonly sessionId: string | undefined;
  /** Identifies the request in the operator's logs. */
  readonly requestId: string | undefined;
  /** The network of the client, if the app sets `audit: { network: true }`. */
  readonly network: string | undefined;
}

/** The input of `account.audit.list`. */
export interface AuditFilter {
  readonly limit: number;
  /** The `nextCursor` of the previous page. */
  readonly cursor?: string | undefined;
  readonly from?: Date | undefined;
  /** Exclusive. */
  readonly to?: Date | undefined;
  readonly action?: AuditAction | undefined;
}
