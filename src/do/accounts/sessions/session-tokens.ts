import { signAccessToken } from "../../../jwt/access-token.js";
import { refreshTokenOf } from "../../../jwt/refresh-token.js";
import type { User } from "../../../shared/account.js";
import type { SessionTokens } from "../../../shared/call.js";
import type { AppIdentity } from "../../lifecycle/identity.js";
import type { SessionRow } from "./session-row.js";

/**
 * The tokens of a session's newest generation. The refresh token expires with the session's absolute end: use without a
 * renewal, as over a socket, moves the idle end, and a browser must still have the cookie then.
 */
export async function tokensOf(
  { id: userId, email }: Pick<User, "id" | "email">,
  session: SessionRow,
  identity: AppIdentity,
  accessSeconds: number,
): Promise<SessionTokens> {
  const { secrets, binding } = identity;
  const accessExpiresAt = Math.min(Date.now() + accessSeconds * 1000, session.endsAt);
  const claims = { userId, sessionId: session.id };
  const options = { secrets: secrets.jwt, audience: binding };
  const [accessToken, refreshToken] = await Promise.all([
    signAccessToken({ ...claims, generation: session.generation, email }, { ...options, expiresAt: accessExpiresAt }),
    refreshTokenOf({ ...claims, generation: session.generation }, options),
  ]);
  return { accessToken, accessExpiresAt, refreshToken, refreshExpiresAt: session.endsAt };
}
