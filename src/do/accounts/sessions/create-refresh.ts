import { ReasonedError } from "../../../router/reasoned-error.js";
import { verifyRefreshToken } from "../../../jwt/refresh-token.js";
import type { Refreshed, ObjectServices } from "../../../router/services.js";
import { SessionEnded, type RequestContext } from "../../lifecycle/request-context.js";
import type { AppIdentity } from "../../lifecycle/identity.js";
import { sessionReplaced } from "./session-errors.js";
import type { UserAccount } from "../user-account.js";

export interface CreateRefreshOptions {
  readonly userId: string;
  readonly identity: () => AppIdentity;
  readonly account: Pick<UserAccount, "refresh">;
  readonly request: RequestContext;
}

/** `auth.refresh`, as one call sees it. The token is checked here again: another Worker may have sent the call. */
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
    const tokens =
      claims?.userId === userId ? await account.refresh(claims.sessionId, claims.generation, request.device) : "ended";
    // Another call of this browser brings the cookies of the new session: clearing them would sign it out.
    if (tokens === "replaced") throw sessionReplaced();
    // Only what came by cookie is cleared by cookie: a browser may be signed in as somebody else.
    if (tokens === "ended") throw inBody === undefined ? new SessionEnded() : sessionEnded();
    if (inBody !== undefined) return { tokens };
    request.setSession(tokens);
    return {};
  };
}

/** Unlike `SessionEnded`, this clears no cookies. */
function sessionEnded(): ReasonedError {
  return new ReasonedError({
    code: "UNAUTHORIZED",
    reason: "SESSION_ENDED",
    message: "Your session has ended. Sign in again.",
  });
}
