import type { SessionTokens } from "trpc-userdo/client";

/** How long an access token is valid, in milliseconds. */
export const ACCESS_LIFETIME = 15 * 60_000;

/** A call that the server ran, and the user as whom it ran. */
export interface Act {
  /** The number that the test gave to the call. */
  readonly call: number;
  readonly user: string;
}

/** `token` and `session` are UNAUTHORIZED; a refresh helps only after `token`. */
export type Result = { readonly data: unknown } | { readonly refusal: "token" | "session" };

interface Session {
  readonly id: string;
  readonly user: string;
  /** The generation of the newest tokens. */
  generation: number;
  /** The newest generation whose token a client has sent. */
  presented: number;
  isEnded: boolean;
}

export interface CallInput {
  readonly call?: number;
  readonly email?: string;
  readonly refreshToken?: string;
}

/** Users, sessions and tokens in memory, with the rules of the real server. It records as which user each call runs. */
export function createTokenServer() {
  const sessions = new Map<string, Session>();
  const acts: Act[] = [];
  /** Access tokens that expired early. */
  const expired = new Set<string>();
  const issued: string[] = [];
  let copies = 0;

  function tokensOf({ id, user, generation }: Session): SessionTokens {
    const accessExpiresAt = Date.now() + ACCESS_LIFETIME;
    const accessToken = `${id} ${generation} ${accessExpiresAt}`;
    issued.push(accessToken);
    const refreshToken = `${user}.${id}.${generation}.mac`;
    return { accessToken, accessExpiresAt, refreshToken, refreshExpiresAt: accessExpiresAt * 2 };
  }

  function signIn(user: string): SessionTokens {
    const session: Session = { id: `${user}${sessions.size}`, user, generation: 0, presented: 0, isEnded: false };
    sessions.set(session.id, session);
    return tokensOf(session);
  }

  function endSessions(user: string): void {
    for (const session of sessions.values()) if (session.user === user) session.isEnded = true;
  }

  function refresh(token = ""): Result {
    const [, id = "", generation = ""] = token.split(".");
    const session = sessions.get(id);
    if (!session || session.isEnded) return { refusal: "session" };
    if (Number(generation) < session.presented) {
      copies++;
      session.isEnded = true;
      return { refusal: "session" };
    }
    session.presented = Number(generation);
    session.generation = Number(generation) + 1;
    return { data: { tokens: tokensOf(session) } };
  }

  function authenticate(token: string | undefined): Session | "token" | "session" {
    const [id = "", generation, expiresAt] = (token ?? "").split(" ");
    if (token !== undefined && (expired.has(token) || Number(expiresAt) <= Date.now())) return "token";
    const session = sessions.get(id);
    if (!session || session.isEnded) return token === undefined ? "session" : "token";
    session.presented = Math.max(session.presented, Number(generation));
    return session;
  }

  return {
    signIn,
    endSessions,
    acts,

    /** Runs a call as the user of an access token. */
    run(path: string, input: CallInput, token: string | undefined): Result {
      if (path === "auth.refresh") return refresh(input.refreshToken);
      if (path === "auth.login") {
        const user = (input.email ?? "").charAt(0);
        return { data: { user: { id: user }, tokens: signIn(user) } };
      }
      const session = authenticate(token);
      // Without a token it runs the call anonymously; with an invalid token it does not run it.
      const user = typeof session === "object" ? session.user : token === undefined ? "nobody" : undefined;
      if (input.call !== undefined && user !== undefined) acts.push({ call: input.call, user });
      if (typeof session === "string") return path === "public.read" ? { data: null } : { refusal: session };
      if (path === "auth.logout") {
        session.isEnded = true;
        return { data: null };
      }
      if (path === "auth.changePassword") {
        endSessions(session.user);
        return { data: { user: { id: session.user }, tokens: signIn(session.user) } };
      }
      return { data: path === "auth.me" ? { user: { id: session.user } } : session.user };
    },

    /** The user of a socket that sends this token; `undefined` rejects the socket. */
    userOfSocket(token: string | undefined): { readonly user: string; readonly isEnded: () => boolean } | undefined {
      const session = authenticate(token);
      return typeof session === "object" ? { user: session.user, isEnded: () => session.isEnded } : undefined;
    },

    /** Revokes the session of a refresh token, as another device would. */
    endSession(refreshToken: string): void {
      const session = sessions.get(refreshToken.split(".")[1] ?? "");
      if (session) session.isEnded = true;
    },

    /** Expires all access tokens early. */
    expireAccess: (): void => issued.forEach((token) => expired.add(token)),

    /** The number of times that a client used a refresh token after its successor. */
    copies: (): number => copies,
  };
}

export type TokenServer = ReturnType<typeof createTokenServer>;
