import { ReasonedError } from "../../router/reasoned-error.js";
import type { User } from "../../shared/account.js";
import type { AuditAction } from "../../shared/audit.js";
import type { ClientFailure } from "../../shared/client-failure.js";
import type { OperatorOutcome, SingleRequestAction } from "../../shared/operator.js";
import { failure, success, type Failure, type Result } from "../../shared/result.js";
import type { AccountDeletion } from "./account-deletion.js";
import type { AccountDeps } from "./account-deps.js";
import { countMail, mailLink, tooManyMails } from "./account-mails.js";
import { toUser, type AccountRow } from "./account-store.js";
import type { SuspensionOfAccount } from "./account-suspension.js";
import { catchClientError } from "./client-error-result.js";
import type { OutboxMessage } from "../messaging/outbox-store.js";
import type { OperationLog } from "./operation-log.js";
import { revokeEarlier } from "./revocations.js";

export interface OperatorActionsOptions {
  readonly deps: AccountDeps;
  readonly operations: OperationLog;
  readonly suspension: SuspensionOfAccount;
  readonly deletion: AccountDeletion;
  /** Whether the object is initialized and its account is not being deleted. */
  readonly exists: () => boolean;
  /** Runs the app's hook before the account is deleted. The hook can refuse. */
  readonly onDelete: (user: User) => Promise<void>;
  /** Returns what is sent for a dead letter, because newer messages may have been delivered since. */
  readonly renewMessage: (message: OutboxMessage) => readonly OutboxMessage[];
  /** Whether the app's object and all organizations of the user have received their messages. */
  readonly isDelivered: () => boolean;
}

type OperatorResult = Result<OperatorOutcome, Failure<"USER_NOT_FOUND"> | ClientFailure>;

/**
 * Executes the actions of operators on this object's account, and records them in the account's own audit log, which the user
 * can read. The object of the app has authorized them. An operation with an id that was executed before has no second effect.
 */
export function createOperatorActions(options: OperatorActionsOptions) {
  const { deps, operations, suspension, deletion, exists, onDelete, isDelivered } = options;
  const { accounts, audit, outbox, transaction, onSuspend, onSessionEnd } = deps;

  /** Runs the effect and records the operation in one transaction, unless it was executed before. */
  function once(operationId: string, effect: () => void): void {
    transaction(() => {
      if (operations.has(operationId)) return;
      effect();
      operations.add(operationId);
    });
  }

  function requireAccount(): AccountRow {
    const account = accounts.read();
    if (!account) throw new Error("The account of an operation does not exist.");
    return account;
  }

  function record(action: AuditAction): void {
    audit.add({ action, outcome: "ok", device: {} });
  }

  /** @throws TRPCError CONFLICT (ACCOUNT_SUSPENDED), because the object refuses the links of a suspended account */
  function assertLinksWork(): void {
    if (deps.suspension.read(Date.now())) throw linksRefused();
  }

  async function sendLink(operationId: string, purpose: "resetPassword" | "verifyEmail"): Promise<void> {
    if (operations.has(operationId)) return;
    assertLinksWork();
    deps.mail.assertConfigured();
    const { email, emailVerified } = requireAccount();
    if (purpose === "verifyEmail" && emailVerified) throw alreadyVerified();
    if (!(await countMail(deps.identity, { to: email, kind: purpose, id: operationId }))) throw tooManyMails();
    if (!exists()) return;
    once(operationId, () => {
      // The address can have been changed or verified, or the account suspended, while the mail was counted.
      const now = requireAccount();
      assertLinksWork();
      if (now.email !== email || now.emailVerified !== emailVerified) throw changedMeanwhile();
      mailLink(deps, purpose, email);
      record(purpose === "resetPassword" ? "operator.sendPasswordReset" : "operator.resendVerification");
    });
  }

  async function deleteAccount(): Promise<void> {
    await onDelete(toUser(requireAccount()));
    await deletion.begin({});
  }

  function revokeSessions(operationId: string): void {
    let ended: string[] = [];
    once(operationId, () => {
      ended = revokeEarlier(deps, "signedOutEverywhere");
      record("operator.revokeSessions");
    });
    for (const id of ended) onSessionEnd(id);
  }

  async function execute(operationId: string, action: SingleRequestAction): Promise<void> {
    switch (action.type) {
      case "suspend":
        once(operationId, () => suspension.suspend(action.reason, action.until));
        return onSuspend();
      case "unsuspend":
        return once(operationId, suspension.unsuspend);
      case "revokeSessions":
        return revokeSessions(operationId);
      case "sendPasswordReset":
        return sendLink(operationId, "resetPassword");
      case "resendVerification":
        return sendLink(operationId, "verifyEmail");
      case "delete":
        return deleteAccount();
      case "retryDeadLetter":
        return once(operationId, () => {
          if (!outbox.retryDeadLetter(action.id, options.renewMessage)) throw deadLetterNotFound();
          record("operator.retryDeadLetter");
        });
      default:
        // A later version of the app's object sent it, before a rollback. It must not be recorded as done.
        throw new Error(
          `This version does not know the action "${(action satisfies never as { type: string }).type}".`,
        );
    }
  }

  return async (operationId: string, action: SingleRequestAction): Promise<OperatorResult> => {
    // A repeat of a deletion that waits until its messages are delivered.
    if (action.type === "delete" && deletion.isUnderWay()) return success({ applied: isDelivered() });
    if (!exists()) return failure("USER_NOT_FOUND");
    return catchClientError(async () => {
      await execute(operationId, action);
      await outbox.flushPosted();
      return success({ applied: isDelivered() });
    });
  };
}

function linksRefused(): ReasonedError {
  return new ReasonedError({
    code: "CONFLICT",
    reason: "ACCOUNT_SUSPENDED",
    message: "This account is suspended, so its links do not work. End the suspension first.",
  });
}

function alreadyVerified(): ReasonedError {
  return new ReasonedError({
    code: "CONFLICT",
    reason: "EMAIL_VERIFIED",
    message: "The email address of this user is already verified.",
  });
}

function changedMeanwhile(): ReasonedError {
  return new ReasonedError({
    code: "CONFLICT",
    reason: "ACCOUNT_CHANGED",
    message: "The account was changed in the meantime. Reload the user, then try again.",
  });
}

function deadLetterNotFound(): ReasonedError {
  return new ReasonedError({
    code: "NOT_FOUND",
    reason: "DEAD_LETTER_NOT_FOUND",
    message: "This message does not exist, was already sent again, or an earlier version did not store its content.",
  });
}
