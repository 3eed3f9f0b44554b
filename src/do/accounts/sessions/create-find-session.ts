import { verifyAccessToken } from "../../../jwt/access-token.js";
import { verifyRefreshToken } from "../../../jwt/refresh-token.js";
import type { FoundSession } from "../../../shared/internal.js";
import { failure, success, type Failure, type Result } from "../../../shared/result.js";
import type { AppIdentity } from "../../lifecycle/identity.js";
import { toUser, type AccountStore } from "../account-store.js";
import { decodeSessionData } from "./session-data.js";
import { isCurrentGeneration } from "./session-row.js";
import type { SessionStore } from "./session-store.js";
import { toListed } from "./sessions-service.js";

export interface CreateFindSessionOptions {
  readonly userId: string;
  readonly identity: () => AppIdentity;
  readonly isInitialized: () => boolean;
  readonly accounts: AccountStore;
  readonly sessions: SessionStore;
  /** Renews the user's roles in the app, if they have expired. Never rejects. */
  readonly renewRoles: () => Promise<void>;
}

/** A token of the session, and its generation. */
interface SessionToken {
  /** The session's id. */
  readonly id: string;
  /** Missing in an access token that an earlier version signed. */
  readonly generation: number | undefined;
  readonly isRefreshToken: boolean;
}

/**
 * Finds the session of a token, for a Worker that handles a request. The token is verified here, because that Worker may
 * not have the app's secrets. An unknown user's object stays empty.
 */
export function createFindSession({
  userId,
  identity,
  isInitialized,
  accounts,
  sessions,
  renewRoles,
}: CreateFindSessionOptions) {
  /** Reads an access token or a refresh token of this user. */
  async function readToken(token: string): Promise<SessionToken | undefined> {
    const { secrets, binding } = identity();
    const options = { secrets: secrets.jwt, audience: binding };
    const access = await verifyAccessToken(token, options);
    const claims = access ?? (await verifyRefreshToken(token, options));
    if (claims?.userId !== userId) return undefined;
    return { id: claims.sessionId, generation: claims.generation, isRefreshToken: access === undefined };
  }

  return async (token: string): Promise<Result<FoundSession, Failure<"SESSION_NOT_FOUND">>> => {
    if (!isInitialized()) return failure("SESSION_NOT_FOUND");
    const claims = await readToken(token);
    if (claims) await renewRoles();
    if (!isInitialized()) return failure("SESSION_NOT_FOUND");
    const now = Date.now();
    const row = claims && sessions.findActive(claims.id, now);
    const account = accounts.read();
    if (!row || !account) return failure("SESSION_NOT_FOUND");
    const { generation, isRefreshToken } = claims;
    // Once a client has presented the successor of a refresh token, that token may be a copy.
    if (isRefreshToken && !(generation !== undefined && isCurrentGeneration(row, generation, now)))
      return failure("SESSION_NOT_FOUND");
    const session = sessions.touch(row, now);
    sessions.confirm(session, generation);
    const data = sessions.readData(session.id);
    return success({
      user: toUser(account),
      session: toListed(session, true),
      data: data === undefined ? undefined : decodeSessionData(data),
    });
  };
}
