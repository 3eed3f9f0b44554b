import { createTestHarness } from "wrangler";
import { afterAll, beforeAll, expect, it } from "vitest";

// Two apps with different secrets, each at its own port, as in development.
const apps = { "fixture-app": "http://localhost:8787", "second-app": "http://localhost:5173" } as const;
type App = keyof typeof apps;

const server = createTestHarness({
  workers: [
    { configPath: new URL("../fixtures/app/wrangler.jsonc", import.meta.url) },
    { configPath: new URL("../fixtures/second-app/wrangler.jsonc", import.meta.url) },
  ],
});

beforeAll(async () => void (await server.listen()), 60_000);
afterAll(() => server.close());

/** A browser's cookies belong to a host, whatever the port. */
const cookies = new Map<string, string>();

async function statusOf(app: App, path: string, input?: unknown) {
  const origin = apps[app];
  const response = await server.getWorker(app).fetch(`${origin}/trpc/${path}`, {
    method: path === "auth.me" ? "GET" : "POST",
    headers: {
      origin,
      "sec-fetch-site": "same-origin",
      "content-type": "application/json",
      ...(cookies.size > 0 && { cookie: Array.from(cookies, (pair) => pair.join("=")).join("; ") }),
    },
    ...(path !== "auth.me" && { body: JSON.stringify({ json: input }) }),
  });
  for (const line of response.headers.getSetCookie()) {
    const [name = "", value = ""] = (line.split("; ")[0] ?? "").split("=");
    if (line.includes("Max-Age=0")) cookies.delete(name);
    else cookies.set(name, value);
  }
  const { result } = (await response.json()) as { result?: { data: { json: { user?: { id: string } } | null } } };
  return result?.data.json?.user?.id ?? response.status;
}

async function signUp(app: App): Promise<string | number> {
  return statusOf(app, "auth.signup", {
    email: `${crypto.randomUUID()}@example.com`,
    password: "correct horse battery",
  });
}

it("keeps the users of two apps with other secrets, on two ports of one host, signed in", async () => {
  const one = await signUp("fixture-app");
  expect(await statusOf("second-app", "auth.me")).toBe(401);
  expect(await statusOf("fixture-app", "auth.me")).toBe(one);
  const two = await signUp("second-app");
  expect(two).not.toBe(one);
  for (let count = 0; count < 3; count++) {
    expect(await statusOf("fixture-app", "auth.me")).toBe(one);
    expect(await statusOf("second-app", "auth.me")).toBe(two);
  }
  await statusOf("second-app", "auth.logout");
  expect(await statusOf("second-app", "auth.me")).toBe(401);
  expect(await statusOf("fixture-app", "auth.me")).toBe(one);
  await statusOf("fixture-app", "auth.logout");
  expect([...cookies.keys()]).toEqual(["userdo-device"]);
});
