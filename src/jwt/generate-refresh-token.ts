import { checkedSecret } from "./jwt-keys.js";
import { refreshTokenOf } from "./refresh-token.js";

const ID = /^[0-9a-f]{32}$/;

export interface GenerateRefreshTokenOptions {
  /** The app's `JWT_SECRET`. */
  readonly secret: string;
  /** Who may accept it: the name of the app's Durable Object binding. */
  readonly audience: string;
}

/**
 * Makes the refresh token of one generation of a session, as signing in does: always the same for the same values,
 * and no JWT. The app accepts it only while the session is alive and the generation is its newest.
 *
 * @throws TypeError for an id that is none of the app's, a generation that is no whole number, or a short secret
 */
export async function generateRefreshToken(
  claims: { readonly userId: string; readonly sessionId: string; readonly generation?: number },
  { secret, audience }: GenerateRefreshTokenOptions,
): Promise<string> {
  const { userId, sessionId, generation = 0 } = claims;
  if (!ID.test(userId) || !ID.test(sessionId)) throw new TypeError("The ids of users and sessions are 32 hex digits.");
  if (!Number.isInteger(generation) || generation < 0) throw new TypeError("A generation is a whole number from 0.");
  return refreshTokenOf({ userId, sessionId, generation }, { secrets: { current: checkedSecret(secret) }, audience });
}
