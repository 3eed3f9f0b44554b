import { createTestHarness } from "wrangler";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

// Two Workers in a real runtime, on the built package. The second one contains no part of the app.
const server = createTestHarness({
  workers: [
    { configPath: new URL("../fixtures/second-worker/wrangler.jsonc", import.meta.url) },
    { configPath: new URL("../fixtures/app/wrangler.jsonc", import.meta.url) },
  ],
});

beforeAll(async () => void (await server.listen()), 60_000);
afterAll(() => server.close());

async function signUp(): Promise<string> {
  const response = await server.getWorker("fixture-app").fetch("https://blog.example.com/trpc/auth.signup", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ json: { email: `${crypto.randomUUID()}@example.com`, password: "correct horse battery" } }),
  });
  const { result } = (await response.json()) as { result: { data: { json: { user: { id: string } } } } };
  return result.data.json.user.id;
}

async function callSecondWorker(userId: string, action: string): Promise<unknown> {
  const response = await server.getWorker("second-worker").fetch("https://second.example.com/", {
    method: "POST",
    body: JSON.stringify({ userId, action }),
  });
  return response.json();
}

describe("another Worker with the binding", () => {
  it("authenticates a request by its cookies, with the data of the session", async () => {
    const app = server.getWorker("fixture-app");
    const post = (path: string, input: unknown, headers: Record<string, string> = {}) =>
      app.fetch(`https://blog.example.com/trpc/${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", origin: "https://blog.example.com", ...headers },
        body: JSON.stringify({ json: input }),
      });
    const signedUp = await post("auth.signup", {
      email: `${crypto.randomUUID()}@example.com`,
      password: "correct horse battery",
    });
    const cookie = signedUp.headers
      .getSetCookie()
      .map((line) => line.split(";")[0])
      .join("; ");
    await signedUp.text();
    await (await post("sessions.data.set", { cart: ["a", "b"] }, { cookie })).text();
    const load = async (headers: Record<string, string>): Promise<unknown> => {
      const body = JSON.stringify({ userId: "", action: "session" });
      const init = { method: "POST", body, headers };
      return (await server.getWorker("second-worker").fetch("https://blog.example.com/", init)).json();
    };
    expect(await load({ cookie })).toEqual({ id: expect.stringMatching(/^[0-9a-f]{32}$/), cart: ["a", "b"] });
    expect(await load({})).toBeNull();
    expect(await load({ cookie: cookie.replaceAll("=", "=x") })).toBeNull();
  });

  it("creates a row in a user's object, typed, and a Date stays a Date", async () => {
    const userId = await signUp();
    expect(await callSecondWorker(userId, "create")).toEqual({ id: expect.any(String), isDate: true });
    expect(await callSecondWorker(userId, "due")).toEqual({ same: true });
    expect(await callSecondWorker(userId, "me")).toEqual({ id: userId });
  });

  it("calls a method that the app's own class adds", async () => {
    const userId = await signUp();
    await callSecondWorker(userId, "create");
    expect(await callSecondWorker(userId, "own method")).toEqual({ posts: 1 });
  });

  it("receives values that cannot be structured-cloned", async () => {
    expect(await callSecondWorker(await signUp(), "uncloneable")).toEqual({
      url: "https://example.com/a",
      isDate: true,
    });
  });

  it("gets NOT_FOUND for an unknown user, whatever the id", async () => {
    for (const userId of ["0".repeat(32), "no such user", "", "a:b", "x".repeat(2_000)]) {
      expect(await callSecondWorker(userId, "create")).toMatchObject({ code: "NOT_FOUND" });
    }
  });

  it("gets FORBIDDEN for a made-up organization, and BAD_REQUEST without an organization", async () => {
    const userId = await signUp();
    expect(await callSecondWorker(userId, "made-up organization")).toMatchObject({ code: "FORBIDDEN" });
    expect(await callSecondWorker(userId, "system without organization")).toMatchObject({ code: "BAD_REQUEST" });
  });
});
