import { TRPCClientError } from "@trpc/client";
import superjson from "superjson";
import { expect, it } from "vitest";
import { origin, openBrowser, password, send, signUp } from "../../fixtures/browser.js";
import { guess } from "../../fixtures/device-link.js";

function headersOf(error: unknown): Headers | undefined {
  return error instanceof TRPCClientError ? (error.meta?.["response"] as Response | undefined)?.headers : undefined;
}

it("states how long to wait in the error and in the header, over each link", async () => {
  const { email } = await signUp();
  await guess(email);
  for (const link of ["http", "batch"] as const) {
    const error: unknown = await openBrowser()
      .client(link)
      .auth.login.mutate({ email, password })
      .catch((cause: unknown) => cause);
    const { retryAfter } = (error as { data: { retryAfter: number } }).data;
    expect(retryAfter).toBeGreaterThan(0);
    expect(headersOf(error)?.get("Retry-After")).toBe(String(retryAfter));
  }
});

it("states how long to wait for the throttled call of a batch, and not for the others", async () => {
  const { email } = await signUp();
  await guess(email);
  const inputs = [
    { email: "nobody@example.com", password },
    { email, password },
  ].map((input) => superjson.serialize(input));
  const response = await send("/trpc/auth.login,auth.login?batch=1", {
    method: "POST",
    headers: { "content-type": "application/json", origin },
    body: JSON.stringify(Object.fromEntries(inputs.entries())),
  });
  const [first, second] = (await response.json()) as { error: { json: { data: { retryAfter?: number } } } }[];
  expect(first?.error.json.data.retryAfter).toBeUndefined();
  expect(second?.error.json.data.retryAfter).toBeGreaterThan(0);
  expect(response.headers.get("Retry-After")).toBe(String(second?.error.json.data.retryAfter));
});

it("states no time to wait for other errors", async () => {
  const error: unknown = await openBrowser()
    .client("batch")
    .auth.me.query()
    .catch((cause: unknown) => cause);
  expect(headersOf(error)?.has("Retry-After")).toBe(false);
});
