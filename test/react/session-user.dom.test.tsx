import { QueryClient, useMutation } from "@tanstack/react-query";
import { createTRPCOptionsProxy } from "@trpc/tanstack-react-query";
import { act, cleanup, render, waitFor, within } from "@testing-library/react";
import { createUserDOReact } from "trpc-userdo/react";
import { createTestHarness } from "wrangler";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { changesUser } from "../../src/react/follow-sign-in.js";
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
  const update = useMutation(trpc.account.update.mutationOptions());
  const forgot = useMutation(trpc.auth.requestPasswordReset.mutationOptions());
  return (
    <main>
      <p>{session.status === "signedIn" ? `Hello, ${session.user.profile.firstName ?? "you"}` : session.status}</p>
      <p>{forgot.isSuccess && "A link is on its way."}</p>
      <button onClick={() => signup.mutate({ email, password })}>Sign up</button>
      <button onClick={() => update.mutate({ profile: { firstName: "Ada" } })}>Name Ada</button>
      <button onClick={() => update.mutate({ profile: { firstName: null } })}>Clear name</button>
      <button onClick={() => forgot.mutate({ email })}>Forgot password</button>
    </main>
  );
}

function show() {
  const requests: string[] = [];
  const { client } = createNodeClient(origin, async (url, init) => {
    requests.push(new URL(url).pathname.replace("/trpc/", ""));
    return (await server.fetch(url, init)) as unknown as Response; // It differs from the global one in undici's types only.
  });
  const { container } = render(
    <UserDOProvider client={client}>
      <Page email={`${crypto.randomUUID()}@example.com`} />
    </UserDOProvider>,
  );
  const tab = within(container);
  return {
    requests,
    press: (name: string): void => act(() => tab.getByRole("button", { name }).click()),
    shows: (text: string) => waitFor(() => tab.getByText(text), { timeout: 10_000 }),
  };
}

it("useSession returns the profile that a mutation of the page has stored", async () => {
  const { press, shows } = show();
  await shows("signedOut");
  press("Sign up");
  await shows("Hello, you");
  press("Name Ada");
  await shows("Hello, Ada");
  press("Clear name");
  await shows("Hello, you");
});

it("useSession does not fetch the user again for a mutation that does not change them", async () => {
  const { requests, press, shows } = show();
  await shows("signedOut");
  press("Forgot password");
  await shows("A link is on its way.");
  expect(requests.filter((path) => path === "auth.me")).toHaveLength(1);
});

const queryClient = new QueryClient();
const { client } = createNodeClient("http://localhost");
const plain = createTRPCOptionsProxy<AppRouter>({ client, queryClient });

it.each([
  ["account.update", plain.account.update.mutationKey()],
  ["auth.verifyEmail", plain.auth.verifyEmail.mutationKey()],
  ["auth.confirmEmailChange", plain.auth.confirmEmailChange.mutationKey()],
  ["account.update with a prefix", [["app"], ...plain.account.update.mutationKey()]],
])("%s changes the user", (_, key) => {
  expect(changesUser(key)).toBe(true);
});

it.each([
  ["auth.requestPasswordReset", plain.auth.requestPasswordReset.mutationKey()],
  ["a mutation of the app", plain.posts.create.mutationKey()],
  ["a mutation without a key", undefined],
  ["a key of another library", ["account", { update: true }]],
])("%s does not change the user", (_, key) => {
  expect(changesUser(key)).toBe(false);
});
