import { TRPCError } from "@trpc/server";
import type { SignedIn } from "../../shared/account.js";
import type { SessionEffect } from "../../shared/call.js";
import type { PasswordChange } from "../../router/room.js";
import { addToDevice } from "../../jwt/device-token.js";
import { randomId } from "../../shared/random-id.js";
import { checkNewPassword } from "../passwords/check-new-password.js";
import { endEarlier } from "./account-endings.js";
import { mailNotice } from "./account-mails.js";
import type { AccountParts, Actor } from "./account-parts.js";
import { toUser } from "./account-store.js";
import { tokensOf } from "./session-tokens.js";
import { sessionOfCall, toPublicSession } from "./sessions-room.js";

interface ByWhom {
  readonly actor: Actor;
  readonly setSession: (effect: SessionEffect) => void;
}

/**
 * Another password, for who knows the one there is. Ends all other sessions, and gives this one a new id: whoever has
 * copied the old one is out too.
 */
export async function changePassword(
  parts: AccountParts,
  { currentPassword, newPassword, tokens: target }: PasswordChange,
  { actor, setSession }: ByWhom,
): Promise<SignedIn> {
  const { identity, accounts, sessions, passwords, audit, transaction } = parts;
  const checked = await checkNewPassword(newPassword, { lookUp: parts.breachLookUp, field: "newPassword" });
  const account = await passwords.confirm(currentPassword, actor);
  const hash = await passwords.hash(newPassword);

  const { session, epoch, ended } = transaction(() => {
    // Hashing took a while: by now the password may be another, or this session over.
    const now = accounts.read();
    if (!now) throw overtaken();
    const renewed = actor.sessionId === undefined ? undefined : sessions.replace(actor.sessionId, Date.now());
    if (now.operationId !== account.operationId || (actor.sessionId !== undefined && !renewed)) throw overtaken();
    accounts.setPasswordHash(hash);
    // Whoever knew the old password may have begun to take the account to an address of theirs.
    const others = endEarlier(parts, "passwordChanged", renewed?.id);
    mailNotice(parts, "passwordChanged", now);
    const done = { ...actor, sessionId: renewed?.id };
    audit.add({ action: "password.change", outcome: "ok", ...done });
    if (checked === "not looked up") audit.add({ action: "password.lookUp", outcome: "failed", ...done });
    return { session: renewed, epoch: parts.deviceEpoch.read(), ended: others };
  });

  for (const id of ended) parts.onSessionEnd(id);
  const user = toUser(accounts.read() ?? account);
  if (!session || actor.sessionId === undefined) return { user, session: sessionOfCall(new Date()) };
  parts.onSessionEnd(actor.sessionId);
  const tokens = await tokensOf(account, session, identity(), parts.accessSeconds);
  const signedIn = { user, session: toPublicSession(session) };
  if (target === "body") return { ...signedIn, tokens };
  // Other browsers are no longer remembered, but this one just set the new password.
  const { secrets, binding } = identity();
  const options = { secrets: secrets.jwt, audience: binding, newId: randomId(), epoch };
  setSession({ ...tokens, deviceToken: await addToDevice(actor.device.token, user.id, options) });
  return signedIn;
}

function overtaken(): TRPCError {
  return new TRPCError({
    code: "CONFLICT",
    message: "The account was changed at the same moment by another call. Sign in again, then look at it.",
  });
}
