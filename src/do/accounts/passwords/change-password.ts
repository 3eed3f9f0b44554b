import { TRPCError } from "@trpc/server";
import type { SignedIn } from "../../../shared/account.js";
import type { SessionEffect } from "../../../shared/call.js";
import type { PasswordChange } from "../../../router/services.js";
import { addToDevice } from "../../../jwt/device-token.js";
import { randomId } from "../../../shared/random-id.js";
import { checkNewPassword } from "./check-new-password.js";
import { ReasonedError } from "../../../router/reasoned-error.js";
import { revokeEarlier } from "../revocations.js";
import { mailNotice } from "../account-mails.js";
import type { AccountDeps } from "../account-deps.js";
import type { ActingSession } from "../audit-log.js";
import { toUser, type AccountRow } from "../account-store.js";
import type { SessionRow } from "../sessions/session-row.js";
import { tokensOf } from "../sessions/session-tokens.js";
import { sessionOfCall, toPublicSession } from "../sessions/sessions-service.js";
import { sessionReplaced } from "../../lifecycle/caller-errors.js";

interface CallContext {
  readonly actor: ActingSession;
  readonly setSession: (effect: SessionEffect) => void;
}

/**
 * Sets another password, for a caller who knows the current one. Ends all other sessions, and gives this one a new id, so
 * that copies of its tokens are no longer accepted.
 *
 * If the reply was lost, the same session can repeat the call with the same new password. It gets the same answer, and
 * nothing changes. Every other call with its old id is refused.
 *
 * @throws TRPCError UNAUTHORIZED (WRONG_PASSWORD), CONFLICT (ACCOUNT_CHANGED) when another call has changed the account in the
 *   meantime, BAD_REQUEST with the reason of a weak new password, TOO_MANY_REQUESTS (TOO_MANY_WRONG_PASSWORDS)
 */
export async function changePassword(deps: AccountDeps, change: PasswordChange, by: CallContext): Promise<SignedIn> {
  const { accounts, sessions, passwords, audit, transaction } = deps;
  const { currentPassword, newPassword } = change;
  const { actor } = by;
  const hasSessionEnded = (): boolean =>
    actor.sessionId !== undefined && sessions.findActive(actor.sessionId, Date.now()) === undefined;
  // A concurrent call is not a repeat, because its reply cannot have been lost yet.
  const mayRepeat = changedSession(deps, actor) !== undefined;

  if (hasSessionEnded()) {
    const repeated = mayRepeat ? await repeatChange(deps, change, by) : undefined;
    if (repeated) return repeated;
    throw sessionReplaced();
  }
  const checked = await checkNewPassword(newPassword, {
    checkBreachedPassword: deps.checkBreachedPassword,
    field: "newPassword",
  });
  let account: AccountRow;
  try {
    account = await passwords.confirm(currentPassword, actor);
  } catch (cause) {
    const isWrong = cause instanceof TRPCError && cause.code === "UNAUTHORIZED";
    const repeated = isWrong && mayRepeat ? await repeatChange(deps, change, by) : undefined;
    if (repeated) return repeated;
    throw cause;
  }
  const hash = await passwords.hash(newPassword);

  const { session, ended } = transaction(() => {
    // The password can have changed, or the session ended, while the password was hashed.
    const now = accounts.read();
    const isSame = now?.operationId === account.operationId && now.passwordHash === account.passwordHash;
    if (!now || !isSame || hasSessionEnded()) throw concurrentChange();
    const renewed = actor.sessionId === undefined ? undefined : sessions.replace(actor.sessionId, Date.now());
    accounts.setPasswordHash(hash);
    // A person who knew the old password can have requested a change to another address.
    const others = revokeEarlier(deps, "passwordChanged", renewed?.id);
    mailNotice(deps, "passwordChanged", now);
    const entry = { ...actor, sessionId: renewed?.id };
    audit.add({ action: "password.change", outcome: "ok", ...entry });
    if (checked === "not looked up") audit.add({ action: "password.lookUp", outcome: "failed", ...entry });
    return { session: renewed, ended: others };
  });
  for (const id of ended) deps.onSessionEnd(id);
  const now = accounts.read() ?? account;
  if (!session || actor.sessionId === undefined) return { user: toUser(now), session: sessionOfCall(new Date()) };
  deps.onSessionEnd(actor.sessionId);
  return renewSignIn(deps, { account: now, session, target: change.tokens }, by);
}

/**
 * The session that changed the password, by its old id or by its new one. By the old id until a client uses the new
 * session, and by the new id until its first renewal. A later new password ends it.
 */
function changedSession({ accounts, sessions }: AccountDeps, { sessionId }: ActingSession): SessionRow | undefined {
  // The account and its sessions can have been deleted while a password was hashed.
  if (sessionId === undefined || !accounts.read()) return undefined;
  const now = Date.now();
  const session = sessions.findActive(sessionId, now);
  if (!session) return sessions.successorOf(sessionId, now);
  return session.replaces !== undefined && session.generation === 0 ? session : undefined;
}

/**
 * Answers a call again after its reply was lost; `undefined` if this session has not just set this password. Wrong
 * passwords are counted, because someone may have copied the old session.
 */
async function repeatChange(
  deps: AccountDeps,
  { newPassword, tokens: target }: PasswordChange,
  by: CallContext,
): Promise<SignedIn | undefined> {
  const { accounts, passwords, audit } = deps;
  if (!changedSession(deps, by.actor)) return undefined;
  const account = await passwords.check(newPassword, "confirm");
  if (!account && accounts.read()) audit.add({ action: "password.confirm", outcome: "failed", ...by.actor });
  // During the check, a client can have used the new session, or the session can have ended.
  const session = changedSession(deps, by.actor);
  return account && session && renewSignIn(deps, { account, session, target }, by);
}

interface ChangedAccount {
  readonly account: AccountRow;
  readonly session: SessionRow;
  readonly target: PasswordChange["tokens"];
}

async function renewSignIn(
  { identity, accessSeconds, deviceEpoch }: AccountDeps,
  { account, session, target }: ChangedAccount,
  { actor, setSession }: CallContext,
): Promise<SignedIn> {
  // Other browsers are no longer remembered, but this one knows the new password.
  const epoch = deviceEpoch.read();
  const { secrets, binding } = identity();
  const tokens = await tokensOf(account, session, identity(), accessSeconds);
  const signedIn = { user: toUser(account), session: toPublicSession(session) };
  if (target === "body") return { ...signedIn, tokens };
  const options = { secrets: secrets.jwt, audience: binding, newId: randomId(), epoch };
  setSession({ ...tokens, deviceToken: await addToDevice(actor.device.token, account.id, options) });
  return signedIn;
}

function concurrentChange(): ReasonedError {
  return new ReasonedError({
    code: "CONFLICT",
    reason: "ACCOUNT_CHANGED",
    message: "Your account was changed in the meantime. Sign in again, then change the password.",
  });
}
