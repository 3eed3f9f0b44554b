import type { Session, User } from "../../shared/account.js";
import type { AccountService } from "../../router/services.js";
import type { ProfileSchema } from "../../router/definition.js";
import { ReasonedError } from "../../router/reasoned-error.js";
import { sessionOf, type Caller } from "../../shared/caller.js";
import type { RequestContext } from "../lifecycle/request-context.js";
import type { AccountDeletion } from "./account-deletion.js";
import { revokeEarlier } from "./revocations.js";
import type { AccountDeps } from "./account-deps.js";
import type { ActingSession } from "./audit-log.js";
import { toUser, type AccountRow } from "./account-store.js";
import { changePassword } from "./passwords/change-password.js";
import type { DeviceConfirmation } from "./sessions/device-confirmation.js";
import type { EmailChange } from "./email/email-change.js";
import type { EmailVerification } from "./email/email-verification.js";
import { exportRecords, type ExportOptions } from "./export-records.js";
import type { createExportLimit } from "./limit-exports.js";
import { mergeFields } from "../fields/merge-fields.js";
import type { PasswordReset } from "./passwords/password-reset.js";
import { operationIdOf } from "../idempotency/operation-id.js";
import { rejectEmail } from "./email/reject-email.js";
import type { SessionAccess } from "./sessions/session-access.js";
import { sessionOfCall, toPublicSession } from "./sessions/sessions-service.js";
import { SessionEnded, sessionReplaced, userNotFound } from "../lifecycle/caller-errors.js";
import type { MailPurpose } from "../../jwt/mail-token.js";
import { invalidLink } from "../../router/auth/invalid-link.js";
import { readLinkSecret, usedLink } from "./account-mails.js";

export interface AccountServiceOptions {
  readonly deps: AccountDeps;
  /** Whether there is an account. A sign-out can be repeated after the account was deleted. */
  readonly exists: () => boolean;
  readonly request: RequestContext;
  readonly access: Pick<SessionAccess, "hasActiveSession">;
  readonly profile: ProfileSchema | undefined;
  readonly verification: EmailVerification;
  readonly passwordReset: PasswordReset;
  readonly deviceConfirmation: DeviceConfirmation;
  readonly emailChange: EmailChange;
  readonly deletion: AccountDeletion;
  /** Runs the app's hook before the account is deleted. The hook can refuse. */
  readonly onDelete: (user: User) => Promise<void>;
  /** The stored data that an export contains. */
  readonly exportedData: () => ExportOptions;
  readonly limitExport: ReturnType<typeof createExportLimit>;
}

/** The account for the procedures of one call. */
export function createAccountService(options: AccountServiceOptions): AccountService {
  const {
    deps,
    exists,
    request,
    profile,
    verification,
    passwordReset,
    deviceConfirmation,
    emailChange,
    deletion,
    onDelete,
  } = options;
  const { accounts, sessions, audit, onSessionEnd } = deps;
  const sessionId = sessionOf(request.caller);
  const actor: ActingSession = { sessionId, device: request.device };
  const hasSessionEnded = (): boolean =>
    sessionId !== undefined && (!exists() || sessions.findActive(sessionId, Date.now()) === undefined);

  /**
   * Repeats a sign-out whose reply was lost. The session has already ended.
   *
   * @throws TRPCError UNAUTHORIZED (PASSWORD_CHANGED) when a new password replaced the session, UNAUTHORIZED (SESSION_ENDED)
   *   when all sessions were to end but some are active, because this session may have ended in another way
   */
  function repeatSignOut(scope: "own" | "all"): void {
    const now = Date.now();
    if (sessionId !== undefined && exists() && sessions.wasReplaced(sessionId, now)) throw sessionReplaced();
    if (scope === "all" && exists() && sessions.list(now).length > 0) throw new SessionEnded();
    request.setSession(null);
  }

  function assertOwnSession(): void {
    if (!options.access.hasActiveSession(request.caller)) throw sessionNeeded(request.caller, deps.userId);
  }

  return {
    me: () => ({ user: toUser(existing(accounts.read())), session: current(deps, sessionId) }),

    logout() {
      if (sessionId === undefined) return;
      if (hasSessionEnded()) return repeatSignOut("own");
      sessions.delete(sessionId);
      audit.add({ action: "logout", outcome: "ok", ...actor });
      request.setSession(null);
      onSessionEnd(sessionId);
    },

    logoutEverywhere() {
      if (hasSessionEnded()) return repeatSignOut("all");
      const ended = deps.transaction(() => {
        audit.add({ action: "session.revoke", outcome: "ok", ...actor });
        return revokeEarlier(deps, "signedOutEverywhere");
      });
      request.setSession(null);
      for (const id of ended) onSessionEnd(id);
    },

    changePassword: (passwords) => changePassword(deps, passwords, { actor, setSession: request.setSession }),
    resetPassword: ({ token, password }) => passwordReset.reset(token, password, actor),
    checkLink: ({ token, purpose }) => checkLink(deps, purpose, token),
    requestEmailVerification: (idempotencyKey) => verification.request(operationIdOf(idempotencyKey)),
    verifyEmail: (token) => verification.verify(token, actor, assertOwnSession),
    rejectEmail: (token) => rejectEmail({ deps, deletion, onDelete }, token, actor),
    changeEmail: ({ email, password }, idempotencyKey) =>
      emailChange.request({ email, password, operationId: operationIdOf(idempotencyKey) }, actor),
    confirmEmailChange: (token) => emailChange.confirm(token, actor, assertOwnSession),
    confirmDevice: async (token) => request.setDevice(await deviceConfirmation.confirm(token, actor)),

    updateProfile(patch, keepReply) {
      const account = existing(accounts.read());
      if (!profile) return toUser(account);
      const isChanged = accounts.setProfile(mergeFields(profile, account.profile, patch, "profile"));
      audit.add({ action: "profile.update", outcome: "ok", ...actor });
      // Not `async`: an error of the hook must be thrown before the transaction of the call is committed.
      const hook = isChanged ? deps.hooks.profileChanged() : undefined;
      const user = toUser(existing(accounts.read()));
      keepReply?.(user);
      return hook ? hook.then(() => user) : user;
    },

    async delete(password) {
      const account = await deps.passwords.confirm(password, actor);
      await deps.organizations.assertNotLastOwner();
      await deps.roles.assertNotLastSuperadmin();
      await onDelete(toUser(account));
      await deletion.begin({ confirmed: account, sessionId });
      request.setSession(null);
    },

    export() {
      audit.add({ action: "account.export", outcome: "ok", ...actor });
      return options.limitExport(exportRecords(options.exportedData()));
    },

    audit: (filter) => audit.list(filter),
  };
}

function existing(account: AccountRow | undefined): AccountRow {
  if (!account) throw userNotFound();
  return account;
}

function current({ sessions }: AccountDeps, sessionId: string | undefined): Session {
  const now = Date.now();
  const row = sessionId === undefined ? undefined : sessions.findActive(sessionId, now);
  return row ? toPublicSession(row) : sessionOfCall(new Date(now));
}

/**
 * For a link to an address that is opened without a session of its account. Anybody can enter another person's address,
 * and that person must not confirm it for the account by opening the link.
 */
function sessionNeeded(caller: Caller, userId: string): ReasonedError {
  const isOther = caller.type === "user" && caller.userId !== userId;
  return new ReasonedError({
    code: isOther ? "FORBIDDEN" : "UNAUTHORIZED",
    reason: "LINK_NEEDS_SESSION",
    message: isOther
      ? "You are signed in to another account. Sign in to the account that asked for this link, then confirm the address. If you did not ask for it, reject the address."
      : "Sign in to the account that asked for this link, then confirm the address. If you did not ask for it, reject the address.",
  });
}

type CheckLinkDeps = Pick<AccountDeps, "userId" | "identity" | "accounts" | "mailTokens" | "pendingChanges">;

/**
 * Checks a mailed link without using it, by the conditions for its first use. Another call can use or revoke the link
 * before this user does.
 *
 * @throws TRPCError BAD_REQUEST (LINK_INVALID) when the link is not valid for this purpose, BAD_REQUEST (LINK_USED) when it was used
 */
async function checkLink(deps: CheckLinkDeps, purpose: MailPurpose, token: string): Promise<{ valid: true }> {
  const { accounts, mailTokens, pendingChanges } = deps;
  const secret = await readLinkSecret(deps, purpose, token);
  // If the account was deleted in the meantime, its other tables do not exist.
  const account = accounts.read();
  if (!account) throw invalidLink();
  if (mailTokens.findUsed(purpose, secret, Date.now())) throw usedLink();
  const sent = mailTokens.peek(purpose, secret, Date.now());
  const address = purpose === "changeEmail" ? pendingChanges.read()?.email : account.email;
  if (sent === undefined || sent.email !== address) throw invalidLink();
  return { valid: true };
}
