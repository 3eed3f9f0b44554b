import { createTRPCClient, httpBatchStreamLink, splitLink } from "@trpc/client";
import superjson from "superjson";
import { app } from "../fixtures/served-app.js";
import { expect, it } from "vitest";
import { userdoLink } from "trpc-userdo/client";
import type { AppRouter } from "../fixtures/app/router.js";

/** A fetch that stores cookies, like a browser for both links of a page. */
function createBrowserFetch() {
  let cookie = "";
  return async (url: unknown, init?: object): Promise<Response> => {
    const headers = new Headers((init as RequestInit | undefined)?.headers);
    headers.set("origin", app.origin);
    if (cookie) headers.set("cookie", cookie);
    const response = await fetch(String(url), { ...init, headers });
    const lines = response.headers.getSetCookie().map((line) => line.split(";")[0]);
    if (lines.length > 0) cookie = lines.join("; ");
    return response;
  };
}

it("sends calls over userdoLink and streams a query over httpBatchStreamLink with one client", async () => {
  const options = { url: `${app.origin}/trpc`, fetch: createBrowserFetch() };
  const client = createTRPCClient<AppRouter>({
    links: [
      splitLink({
        condition: ({ path }) => path === "odd.countdown",
        true: httpBatchStreamLink({ ...options, transformer: superjson }),
        false: userdoLink(options),
      }),
    ],
  });
  await client.auth.signup.mutate({ email: `${crypto.randomUUID()}@example.com`, password: "correct horse battery" });
  const created = await client.posts.create.mutate({ title: "One", body: "" });
  expect(await client.posts.list.query()).toEqual([created]);
  const values: number[] = [];
  for await (const value of await client.odd.countdown.query(2)) values.push(value);
  expect(values).toEqual([2, 1]);
});
