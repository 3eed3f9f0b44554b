import { createTRPCClient, httpBatchLink, httpLink, type TRPCClient } from "@trpc/client";
import superjson from "superjson";
import { openBrowser, origin, type Browser } from "../fixtures/browser.js";
import type { AppRouter } from "./app/router.js";

/** Somebody signed in, in one browser. */
export interface Session {
  readonly id: string;
  readonly userId: string;
  readonly email: string;
  readonly browser: Browser;
  readonly http: TRPCClient<AppRouter>;
  readonly batch: TRPCClient<AppRouter>;
  /** The newest entry when it was revoked: no later one may be told to it. */
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
