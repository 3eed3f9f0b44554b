import { QueryClient, useMutation, useQuery } from "@tanstack/react-query";
import { act, cleanup, render, waitFor, within } from "@testing-library/react";
import { createUserDOReact } from "trpc-userdo/react";
import { createTestHarness } from "wrangler";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { AppRouter } from "../fixtures/app/router.js";
import { createNodeClient, type CookieJar } from "../fixtures/node-client.js";

const server = createTestHarness({
  workers: [{ configPath: new URL("../fixtures/app/wrangler.jsonc", `file://${import.meta.filename}`) }],
});
let origin: string;

beforeAll(async () => void (origin = (await server.listen()).url.origin), 60_000);
afterAll(() => server.close());
afterEach(cleanup);

const { UserDOProvider, useSession, useTRPC } = createUserDOReact<AppRouter>();
const password = "correct horse battery";

interface PageProps {
  readonly email: string;
  /** Receives everything that is rendered. */
  readonly rendered?: string[];
}

function Page({ email, rendered = [] }: PageProps) {
  const trpc = useTRPC();
  const session = useSession();
  const signup = useMutation(trpc.auth.signup.mutationOptions());
  const login = useMutation(trpc.auth.login.mutationOptions());
  const logout = useMutation(trpc.auth.logout.mutationOptions());
  // It stays on the page when the user changes, so data of the previous user would be visible.
  const notes = useQuery(trpc.notes.list.queryOptions(undefined, { enabled: session.status === "signedIn" }));
  const { data: posts } = useQuery(trpc.posts.list.queryOptions(undefined, { enabled: session.status === "signedIn" }));
  const text = session.status === "signedIn" ? `${session.user.email}, ${posts?.length ?? "?"} posts` : session.status;
  rendered.push(`${text}: ${notes.data?.map((note) => note.text).join() ?? ""}`);
  return (
    <main>
      <p>{text}</p>
      <button onClick={() => signup.mutate({ email, password })}>Sign up</button>
      <button onClick={() => login.mutate({ email, password })}>Sign in</button>
      <button onClick={() => logout.mutate()}>Sign out</button>
    </main>
  );
}

type Send = NonNullable<Parameters<typeof createNodeClient>[1]>;

// In this environment `fetch` is a browser's, which hides cookies from scripts, so requests go directly to the server. Its
// Response is undici's, which differs from the global one in its types only.
const sendToServer: Send = async (url, init) => (await server.fetch(url, init)) as unknown as Response;

interface TabOptions {
  readonly send?: Send;
  readonly jar?: CookieJar;
}

function show(email: string, { send = sendToServer, jar }: TabOptions = {}) {
  const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const { client } = createNodeClient(origin, send, jar);
  const rendered: string[] = [];
  const { container } = render(
    <UserDOProvider client={client} queryClient={queryClient}>
      <Page email={email} rendered={rendered} />
    </UserDOProvider>,
  );
  const tab = within(container);
  return {
    client,
    queryClient,
    rendered,
    press: (name: string): void => act(() => tab.getByRole("button", { name }).click()),
    shows: (text: string) => waitFor(() => tab.getByText(text), { timeout: 10_000 }),
  };
}

const freshEmail = (): string => `${crypto.randomUUID()}@example.com`;

it("useSession follows the page's own sign-up and sign-out, and no cached answer survives them", async () => {
  const email = freshEmail();
  const { queryClient, press, shows } = show(email);
  await shows("signedOut");
  press("Sign up");
  await shows(`${email}, 0 posts`);
  press("Sign out");
  await shows("signedOut");
  for (const { state } of queryClient.getQueryCache().findAll({ queryKey: [["posts"]] })) {
    expect(state.data).toBeUndefined();
  }
});

it("useSession reports an unreachable server", async () => {
  const { shows } = show("nobody@example.com", { send: () => Promise.reject(new TypeError("The network is down.")) });
  await shows("error");
});

it("useSession ignores a slow first check after a sign-in", async () => {
  const email = freshEmail();
  const checked = Promise.withResolvers<void>();
  const replied = Promise.withResolvers<void>();
  const { press, shows, rendered } = show(email, {
    async send(url, init) {
      const isFirstCheck = url.includes("auth.me") && !init.headers["cookie"];
      const response = await sendToServer(url, init);
      if (!isFirstCheck) return response;
      await checked.promise;
      setTimeout(replied.resolve, 50);
      return response;
    },
  });
  press("Sign up");
  await shows(`${email}, 0 posts`);
  checked.resolve();
  await replied.promise;
  await act(() => new Promise((resolve) => setTimeout(resolve, 50)));
  expect(rendered.some((text) => text.startsWith("signedOut"))).toBe(false);
  await shows(`${email}, 0 posts`);
});

it("useSession follows a sign-out and a sign-in as another user in another tab, and shows nothing of the previous user", async () => {
  const [ada, grace] = [freshEmail(), freshEmail()];
  const jar = { cookie: "" };
  const one = show(ada, { jar });
  await one.shows("signedOut");
  one.press("Sign up");
  await one.shows(`${ada}, 0 posts`);
  await one.client.notes.create.mutate({ text: "Ada's own" });

  const two = show(grace, { jar });
  await two.shows(`${ada}, 0 posts`);
  await waitFor(() => expect(two.rendered.at(-1)).toContain("Ada's own"));
  one.press("Sign out");
  await two.shows("signedOut");
  expect(two.rendered.at(-1)).toBe("signedOut: ");

  two.press("Sign up");
  await one.shows(`${grace}, 0 posts`);
  // The other tab now belongs to another user, without a sign-out before.
  one.press("Sign in");
  await two.shows(`${ada}, 0 posts`);
  await waitFor(() => expect(two.rendered.at(-1)).toContain("Ada's own"));

  const switched = [...one.rendered, ...two.rendered].filter((text) => text.includes(grace));
  expect(switched.filter((text) => text.includes("Ada's own"))).toEqual([]);
  expect([...one.rendered, ...two.rendered]).not.toContain("signedOut: Ada's own");
}, 20_000);
