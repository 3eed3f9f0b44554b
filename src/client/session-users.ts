import type { SessionTokens } from "../shared/call.js";
import type { ClientSession, ClientSessions } from "./client-sessions.js";
import type { SignInChange } from "./other-tabs.js";

export interface SessionUsersOptions {
  readonly sessions: Pick<ClientSessions, "current" | "changedError">;
  /** Called when another client or process has changed the signed-in user. It must replace the current session. */
  readonly onChangeElsewhere: (change: SignInChange) => void;
}

const SIGNED_OUT = "";

/**
 * Stores the user of each session of this client. Other clients and processes may write to the same token store, which this
 * client notices only when the store has the tokens of another user.
 */
export function createSessionUsers({ sessions, onChangeElsewhere }: SessionUsersOptions) {
  const users = new WeakMap<ClientSession, string>();

  function set(session: ClientSession, tokens: SessionTokens | undefined): void {
    users.set(session, userOf(tokens));
  }

  function isSame(session: ClientSession, tokens: SessionTokens | undefined): boolean {
    if (!users.has(session)) set(session, tokens);
    return users.get(session) === userOf(tokens);
  }

  return {
    set,

    /** Waits until the user of the client's first session is known, from the tokens stored when its first call was made. */
    async first(session: ClientSession): Promise<void> {
      if (!session.firstTokens || users.has(session)) return;
      const tokens = await session.firstTokens.catch(() => "unknown" as const);
      if (tokens !== "unknown" && !users.has(session)) set(session, tokens);
    },

    /**
     * Checks that tokens from the store belong to the user of a session. If they do not, the client starts a session for
     * the store's user, unless it has done so before.
     *
     * @throws TRPCClientError UNAUTHORIZED when they belong to another user
     */
    assertSame(session: ClientSession, tokens: SessionTokens | undefined): void {
      if (isSame(session, tokens)) return;
      if (!isSame(sessions.current(), tokens)) {
        onChangeElsewhere(tokens ? "signedIn" : "signedOut");
        set(sessions.current(), tokens);
      }
      throw sessions.changedError();
    },
  };
}

/** The user in a refresh token, which starts with `userId.sessionId.generation`. */
function userOf(tokens: SessionTokens | undefined): string {
  if (!tokens) return SIGNED_OUT;
  const parts = tokens.refreshToken.split(".");
  return (parts.length === 4 && parts[0]) || "unknown";
}
