import { createTRPCClient, httpBatchLink, httpLink, type TRPCClient } from "@trpc/client";
import superjson from "superjson";
import { openBrowser, origin, type Browser } from "../fixtures/browser.js";
import type { AppRouter } from "./app/router.js";

/** A signed-in user in one browser. */
export interface Session {
  readonly id: string;
  readonly userId: string;
  readonly email: string;
  readonly browser: Browser;
  readonly http: TRPCClient<AppRouter>;
  readonly batch: TRPCClient<AppRouter>;
  /** The newest entry when the session was revoked. Later entries must not be delivered to it. */
  revokedAt: number;
}

export async function signIn(path: string, email: string, isNew: boolean): Promise<Session> {
  const browser = openBrowser();
  const options = {
    url: origin + path,
    transformer: superjson,
    fetch: (url: RequestInfo | URL, init?: object) => browser.fetch(String(url), init),
  };
  const http = createTRPCClient<AppRouter>({ links: [httpLink(options)] });
  const batch = createTRPCClient<AppRouter>({ links: [httpBatchLink(options)] });
  const credentials = { email, password: "correct horse battery" };
  const { user, session } = isNew
    ? await http.auth.signup.mutate(credentials)
    : await http.auth.login.mutate(credentials);
  return { id: session.id, userId: user.id, email, browser, http, batch, revokedAt: Infinity };
}
