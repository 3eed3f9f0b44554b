import type { ClientSession } from "./client-sessions.js";
import type { CallOverHttp } from "./call-over-http.js";
import type { APP as OF_APP, OwnerKey } from "./procedure-owners.js";
import type { TokenLoader } from "./token-loader.js";

const APP: typeof OF_APP = "app:";

export interface SocketCredentialsOptions {
  /** Returns the app's own headers. */
  readonly headers: () => Promise<Record<string, string | string[] | undefined>>;
  /** Loads the client's own tokens, if it stores any. */
  readonly tokenLoader: TokenLoader | undefined;
  readonly call: CallOverHttp;
  /** The session in which the socket is opened. */
  readonly session: ClientSession;
  readonly owner: OwnerKey;
}

/** The credentials of one connection. */
export interface SocketCredentials {
  /** Sent with the handshake, by a class that takes headers. */
  readonly headers: Readonly<Record<string, string>>;
  /** Fetches a ticket that replaces the headers, if the headers authenticate the socket. */
  readonly ticket: (() => Promise<string>) | undefined;
  /** The user of the browser's cookies, if they authenticate the socket. */
  readonly user: string | undefined;
}

/**
 * Reads the credentials for a new connection.
 *
 * @throws TRPCClientError UNAUTHORIZED when the session has ended
 */
export async function readSocketCredentials(options: SocketCredentialsOptions): Promise<SocketCredentials> {
  const { tokenLoader, call, session, owner } = options;
  const [own, tokens] = await Promise.all([
    options.headers(),
    tokenLoader?.load().then((loaded) => loaded.fresh(session)),
  ]);
  if (session.isEnded) throw new Error("The sign-in changed before the socket was opened.");
  const sent = { ...own, ...(tokens && { authorization: `Bearer ${tokens.accessToken}` }) };
  const headers = Object.fromEntries(
    Object.entries(sent).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  ) as Record<string, string>;
  const isAuthorized = "authorization" in headers;

  async function ticket(): Promise<string> {
    const input = owner === APP ? { app: true } : owner === undefined ? undefined : { organization: owner };
    const issued = await call({ type: "mutation", path: "auth.socketTicket", input });
    return (issued as { readonly ticket: string }).ticket;
  }
  return { headers, ticket: isAuthorized ? ticket : undefined, user: tokenLoader ? undefined : session.user };
}
