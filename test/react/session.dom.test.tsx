import { QueryClient, useMutation, useQuery } from "@tanstack/react-query";
import { act, cleanup, render, screen, waitFor } from "@testing-library/react";
import { createUserDOReact } from "trpc-userdo/react";
import { createTestHarness } from "wrangler";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { AppRouter } from "../fixtures/app/router.js";
import { createNodeClient } from "../fixtures/node-client.js";

const server = createTestHarness({
  workers: [{ configPath: new URL("../fixtures/app/wrangler.jsonc", `file://${import.meta.filename}`) }],
});
let origin: string;

beforeAll(async () => void (origin = (await server.listen()).url.origin), 60_000);
afterAll(() => server.close());
afterEach(cleanup);

const { UserDOProvider, useSession, useTRPC } = createUserDOReact<AppRouter>();
const password = "correct horse battery";

function Page({ email }: { readonly email: string }) {
  const trpc = useTRPC();
  const session = useSession();
  const signup = useMutation(trpc.auth.signup.mutationOptions());
  const logout = useMutation(trpc.auth.logout.mutationOptions());
  const { data: posts } = useQuery(trpc.posts.list.queryOptions(undefined, { enabled: session.status === "signedIn" }));
  return (
    <main>
      <p>{session.status === "signedIn" ? `${session.user.email}, ${posts?.length ?? "?"} posts` : session.status}</p>
      <button onClick={() => signup.mutate({ email, password })}>Sign up</button>
      <button onClick={() => logout.mutate()}>Sign out</button>
    </main>
  );
}

type Send = NonNullable<Parameters<typeof createNodeClient>[1]>;

// In this environment `fetch` is a browser's, which keeps cookies from scripts: the server is asked directly. Its
// Response is undici's, which only its types tell from the global one.
const ask: Send = async (url, init) => (await server.fetch(url, init)) as unknown as Response;

function show(email: string, send: Send = ask) {
  const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const { client } = createNodeClient(origin, send);
  render(
    <UserDOProvider client={client} queryClient={queryClient}>
      <Page email={email} />
    </UserDOProvider>,
  );
  return queryClient;
}

const press = (name: string): void => act(() => screen.getByRole("button", { name }).click());

it("C1 useSession follows the page's own signing up and out, and no cached answer outlives it", async () => {
  const email = `${crypto.randomUUID()}@example.com`;
  const queryClient = show(email);
  await waitFor(() => screen.getByText("signedOut"));
  press("Sign up");
  await waitFor(() => screen.getByText(`${email}, 0 posts`), { timeout: 5_000 });
  press("Sign out");
  await waitFor(() => screen.getByText("signedOut"));
  for (const { state } of queryClient.getQueryCache().findAll({ queryKey: [["posts"]] })) {
    expect(state.data).toBeUndefined();
  }
});

it("C1 useSession says when the server cannot be asked", async () => {
  show("nobody@example.com", () => Promise.reject(new TypeError("The network is down.")));
  await waitFor(() => screen.getByText("error"));
});
