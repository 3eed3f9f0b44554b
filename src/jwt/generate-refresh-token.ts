import { OWNER_ID } from "../shared/jurisdiction.js";
import { checkedSecret } from "./jwt-keys.js";
import { refreshTokenOf } from "./refresh-token.js";

const USER_ID = new RegExp(`^${OWNER_ID}$`);
const SESSION_ID = /^[0-9a-f]{32}$/;

export interface GenerateRefreshTokenOptions {
  /** The app's `JWT_SECRET`. */
  readonly secret: string;
  /** The app that accepts the token: the name of its Durable Object binding. */
  readonly audience: string;
}

/**
 * Creates the refresh token of one generation of a session, as a sign-in does. It is not a JWT, and equal values give an
 * equal token. The app accepts it only while the session is active and the generation is its newest.
 *
 * @throws TypeError for a malformed id, a generation that is not a whole number, or a secret below 32 bytes
 */
export async function generateRefreshToken(
  claims: { readonly userId: string; readonly sessionId: string; readonly generation?: number },
  { secret, audience }: GenerateRefreshTokenOptions,
): Promise<string> {
  const { userId, sessionId, generation = 0 } = claims;
  if (!USER_ID.test(userId) || !SESSION_ID.test(sessionId))
    throw new TypeError("`userId` and `sessionId` must be ids that the app assigned, of 32 hex digits. Pass those.");
  if (!Number.isInteger(generation) || generation < 0)
    throw new TypeError("`generation` must be a whole number of at least 0.");
  return refreshTokenOf({ userId, sessionId, generation }, { secrets: { current: checkedSecret(secret) }, audience });
}
