import { QueryClient } from "@tanstack/react-query";
import { render, within } from "@testing-library/react";
import { StrictMode, type ReactNode } from "react";
import { createUserDOReact } from "trpc-userdo/react";
import { createTestHarness } from "wrangler";
import { afterAll, beforeAll } from "vitest";
import type { LiveRouter } from "../fixtures/app/live.js";
import { createNodeClient, type CookieJar } from "../fixtures/node-client.js";

export const { UserDOProvider, useTRPC, useSession, live, optimistic, useLiveStatus, usePresence, useRetryStatus } =
  createUserDOReact<LiveRouter>();

const server = createTestHarness({
  workers: [{ configPath: new URL("../fixtures/app/wrangler.jsonc", `file://${import.meta.filename}`) }],
});
let origin: string;
beforeAll(async () => void (origin = (await server.listen()).url.origin), 60_000);
afterAll(() => server.close());

/** Where the app is served. */
export const originOf = (): string => origin;

type Send = NonNullable<Parameters<typeof createNodeClient>[1]>;

// In this environment `fetch` is a browser's, which hides cookies from scripts, so requests go directly to the server. Its
// Response is undici's, which differs from the global one in its types only.
export const sendToServer: Send = async (url, init) => (await server.fetch(url, init)) as unknown as Response;

/** A tab of a browser: a client, its cache, and its requests over HTTP. */
export function openTab(jar: CookieJar, send: Send = sendToServer) {
  const requests: string[] = [];
  const device = createNodeClient<LiveRouter>(
    origin,
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
  readonly send?: Send;
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
