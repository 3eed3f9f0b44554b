import { ReasonedError } from "../../../router/reasoned-error.js";
import { verifyRefreshToken } from "../../../jwt/refresh-token.js";
import type { Refreshed, ObjectServices } from "../../../router/services.js";
import type { RequestContext } from "../../lifecycle/request-context.js";
import { failure } from "../../../shared/result.js";
import type { AppIdentity } from "../../lifecycle/identity.js";
import type { UserAccount } from "../user-account.js";
import { AccountSuspended, SessionEnded, sessionReplaced } from "../../lifecycle/caller-errors.js";

export interface CreateRefreshOptions {
  readonly userId: string;
  readonly identity: () => AppIdentity;
  readonly account: Pick<UserAccount, "refresh">;
  readonly request: RequestContext;
}

/** Creates `auth.refresh` for one call. Verifies the token again, because another Worker can have sent the call. */
export function createRefresh({
  userId,
  identity,
  account,
  request,
}: CreateRefreshOptions): NonNullable<ObjectServices["refresh"]> {
  return async (inBody): Promise<Refreshed> => {
    const token = inBody ?? request.refreshCookie ?? "";
    const { secrets, binding } = identity();
    const claims = await verifyRefreshToken(token, { secrets: secrets.jwt, audience: binding });
    const refreshed =
      claims?.userId === userId
        ? await account.refresh(claims.sessionId, claims.generation, request.device)
        : failure("SESSION_ENDED");
    if (!refreshed.ok) {
      // Another call of this browser sets the cookies of the new session, and clearing them would sign the user out.
      if (refreshed.reason === "SESSION_REPLACED") throw sessionReplaced();
      if (refreshed.reason === "ACCOUNT_SUSPENDED") throw suspended(refreshed.until, inBody === undefined);
      // Cookies are cleared only if the token came in one: the browser can have the session of another user.
      throw inBody === undefined ? new SessionEnded() : sessionEnded();
    }
    const tokens = refreshed.value;
    if (inBody !== undefined) return { tokens };
    request.setSession(tokens);
    return {};
  };
}

/** Clears cookies only if the token came in one. */
function suspended(until: Date | null, isFromCookie: boolean): ReasonedError {
  const error = new AccountSuspended(until);
  const { code, message } = error;
  return isFromCookie ? error : new ReasonedError({ code, message, reason: "ACCOUNT_SUSPENDED" });
}

/** Unlike `SessionEnded`, this clears no cookies. */
function sessionEnded(): ReasonedError {
  return new ReasonedError({
    code: "UNAUTHORIZED",
    reason: "SESSION_ENDED",
    message: "Your session has ended. Sign in again.",
  });
}
