import { fileURLToPath } from "node:url";
import type { Browser, Frame } from "playwright-core";
import { createTestHarness } from "wrangler";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchChromium } from "./launch-chromium.js";
import { serveWorker, type ServedWorker } from "./serve-worker.js";

const configPath = fileURLToPath(new URL("../fixtures/cross-site/wrangler.jsonc", import.meta.url));
const harness = createTestHarness({ workers: [{ configPath }] });
let served: ServedWorker;
let chromium: Browser;

beforeAll(async () => {
  await harness.listen();
  served = await serveWorker(harness.getWorker("cross-site"));
  chromium = await launchChromium();
});

afterAll(async () => {
  await chromium?.close();
  await served?.close();
  await harness.close();
});

type Host = "localhost" | "127.0.0.1" | "0.0.0.0";
const at = (host: Host) => `http://${host}:${served.port}`;

/** Calls the API from a page, as `createClient` with `credentials: "include"` does. */
async function call(page: Frame, url: string, input?: object): Promise<{ status: number; text: string }> {
  return page.evaluate(
    async ({ url, input }) => {
      const init = input
        ? { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ json: input }) }
        : {};
      const response = await fetch(url, { ...init, credentials: "include" });
      return { status: response.status, text: await response.text() };
    },
    { url, input },
  );
}

/** Signs up from a page, then asks who is signed in. */
async function signUp(page: Frame, api: string) {
  const email = `${crypto.randomUUID()}@example.com`;
  const signedUp = await call(page, `${api}/auth.signup`, { email, password: "correct horse battery" });
  const me = await call(page, `${api}/auth.me`);
  return { signedUp: signedUp.status, text: signedUp.text, isSignedIn: me.text.includes(email) };
}

async function inPage<TResult>(
  { page: host, embeds }: { page: Host; embeds?: Host },
  use: (frame: Frame, cookies: () => Promise<string[]>) => Promise<TResult>,
): Promise<TResult> {
  const context = await chromium.newContext();
  try {
    const page = await context.newPage();
    await page.goto(at(host));
    let frame = page.mainFrame();
    if (embeds) {
      await page.evaluate((src) => {
        document.body.append(Object.assign(document.createElement("iframe"), { src }));
      }, at(embeds));
      frame = (await page.waitForSelector("iframe").then((element) => element.contentFrame())) ?? frame;
      await frame.waitForLoadState();
    }
    return await use(frame, async () => (await context.cookies()).map(({ name }) => name));
  } finally {
    await context.close();
  }
}

describe("a sign-in in Chromium", () => {
  it.each([
    ["on localhost", { page: "localhost" }, "localhost", "lax"],
    ["on localhost with SameSite=None", { page: "localhost" }, "localhost", "none"],
    ["on localhost with partitioned cookies", { page: "localhost" }, "localhost", "partitioned"],
    ["from another site, with partitioned cookies", { page: "127.0.0.1" }, "localhost", "partitioned"],
    [
      "embedded in another site, with partitioned cookies",
      { page: "127.0.0.1", embeds: "localhost" },
      "localhost",
      "partitioned",
    ],
  ] as const)("%s works", async (_what, where, api, option) => {
    await inPage(where, async (frame, cookies) => {
      const { signedUp, isSignedIn } = await signUp(frame, `${at(api)}/${option}`);
      expect([signedUp, isSignedIn]).toEqual([200, true]);
      const prefix = option === "partitioned" ? "userdo-partitioned" : "userdo";
      await expect(cookies()).resolves.toContain(`${prefix}-access`);
      await call(frame, `${at(api)}/${option}/auth.logout`, {});
      await expect(cookies()).resolves.toEqual([`${prefix}-device`]);
    });
  });

  it.each([
    ["over plain http", { page: "0.0.0.0" }, "0.0.0.0", "lax", "over https or on localhost"],
    ["over plain http with partitioned cookies", { page: "0.0.0.0" }, "0.0.0.0", "partitioned", "over https"],
    ["from another site", { page: "127.0.0.1" }, "localhost", "lax", "partitioned: true"],
    ["embedded in another site", { page: "127.0.0.1", embeds: "localhost" }, "localhost", "lax", "partitioned: true"],
  ] as const)("%s is rejected with the fix", async (_what, where, api, option, fix) => {
    await inPage(where, async (frame, cookies) => {
      const { signedUp, text, isSignedIn } = await signUp(frame, `${at(api)}/${option}`);
      expect([signedUp, isSignedIn]).toEqual([412, false]);
      expect(text).toContain(fix);
      expect(await cookies()).toEqual([]);
    });
  });

  it.each([
    ["from another site", { page: "127.0.0.1" }],
    ["embedded in another site", { page: "127.0.0.1", embeds: "localhost" }],
  ] as const)("%s with SameSite=None alone is rejected unless the user is signed in with it", async (_what, where) => {
    await inPage(where, async (frame) => {
      const { signedUp, isSignedIn } = await signUp(frame, `${at("localhost")}/none`);
      expect(isSignedIn).toBe(signedUp === 200);
    });
  });

  it("stores partitioned cookies beside others, without two of one name", async () => {
    await inPage({ page: "localhost" }, async (frame) => {
      for (const option of ["lax", "partitioned", "none"]) {
        expect(await signUp(frame, `${at("localhost")}/${option}`)).toMatchObject({ signedUp: 200, isSignedIn: true });
      }
      expect((await call(frame, `${at("localhost")}/partitioned/auth.me`)).status).toBe(200);
    });
  });
});
