import { QueryClient } from "@tanstack/react-query";
import { render, within } from "@testing-library/react";
import { StrictMode, type ReactNode } from "react";
import { createUserDOReact } from "trpc-userdo/react";
import type { LiveRouter } from "../fixtures/app/live.js";
import { createNodeClient, type CookieJar } from "../fixtures/node-client.js";
import { sendToServer } from "../fixtures/send-to-server.js";
import { app } from "../fixtures/served-app.js";

export const { UserDOProvider, useTRPC, useSession, live, optimistic, useLiveStatus, useRetryStatus } =
  createUserDOReact<LiveRouter>();

/** A tab of a browser: a client, its cache, and its requests over HTTP. */
export function openTab(jar: CookieJar, send: typeof sendToServer = sendToServer) {
  const requests: string[] = [];
  const device = createNodeClient<LiveRouter>(
    app.origin,
    (url, init) => {
      requests.push(new URL(url).pathname.replace("/live/", ""));
      return send(url, init);
    },
    jar,
    "/live",
  );
  return { ...device, requests };
}

/** A user who has just signed up, in one browser. */
export async function signUp() {
  const jar = { cookie: "" };
  const tab = openTab(jar);
  const email = `${crypto.randomUUID()}@example.com`;
  await tab.client.auth.signup.mutate({ email, password: "correct horse battery" });
  return { jar, email, ...tab };
}

export type Person = Awaited<ReturnType<typeof signUp>>;

interface ShowOptions {
  readonly send?: typeof sendToServer;
  /** @default one without retries; "default" is the provider's own */
  readonly queryClient?: QueryClient | "default";
}

/** Renders a page for a user, in a new tab. */
export function show(jar: CookieJar, page: ReactNode, { send, queryClient = noRetries() }: ShowOptions = {}) {
  const tab = openTab(jar, send);
  const wrap = (content: ReactNode): ReactNode => (
    <StrictMode>
      <UserDOProvider client={tab.client} {...(queryClient !== "default" && { queryClient })}>
        {content}
      </UserDOProvider>
    </StrictMode>
  );
  const { container, unmount, rerender } = render(wrap(page));
  return {
    ...tab,
    container,
    unmount,
    rerender: (content: ReactNode) => rerender(wrap(content)),
    // The provider does not render its own.
    queryClient: queryClient as QueryClient,
    screen: within(container),
  };
}

export const noRetries = (): QueryClient => new QueryClient({ defaultOptions: { queries: { retry: false } } });
