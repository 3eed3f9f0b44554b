import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { createHandler } from "trpc-userdo/worker";
import { readBinding } from "../../src/worker/configuration.js";
import { appRouter } from "../fixtures/app/router.js";

async function firstRequest(settings: object): Promise<{ status: number; text: string; logged: string }> {
  const log = vi.spyOn(console, "error").mockImplementation(() => {});
  const handler = createHandler(appRouter, { binding: "BLOG_DO" });
  const response = await handler(new Request("https://blog.example.com/trpc/ping"), settings, {});
  const logged = log.mock.calls.flat().join("\n");
  log.mockRestore();
  return { status: response?.status ?? 0, text: (await response?.text()) ?? "", logged };
}

const { BLOG_DO, JWT_SECRET, INDEX_SECRET } = env;

describe("missing or invalid settings", () => {
  it.each([
    ["the binding", { JWT_SECRET, INDEX_SECRET }, /BLOG_DO is missing.*durable_objects\.bindings/],
    ["JWT_SECRET", { BLOG_DO, INDEX_SECRET }, /JWT_SECRET is missing.*wrangler secret put JWT_SECRET/],
    ["INDEX_SECRET", { BLOG_DO, JWT_SECRET }, /INDEX_SECRET is missing/],
    ["length", { BLOG_DO, INDEX_SECRET, JWT_SECRET: "only-twenty-five-bytes-ok" }, /JWT_SECRET is too short.*32/],
    [
      "entropy",
      { BLOG_DO, INDEX_SECRET, JWT_SECRET: "change-me-change-me-change-me-change-me" },
      /JWT_SECRET is a sample/,
    ],
    [
      "uniformity",
      { BLOG_DO, INDEX_SECRET, JWT_SECRET: `${"a".repeat(40)}1` },
      /JWT_SECRET is too uniform, with fewer than 6 different characters\..*openssl rand/,
    ],
    ["both", { BLOG_DO }, /JWT_SECRET is missing.*INDEX_SECRET is missing.*put JWT_SECRET.*put INDEX_SECRET/],
    [
      "each in its own way",
      { BLOG_DO, INDEX_SECRET: "change-me-change-me-change-me-change-me", JWT_SECRET: "short but no sample" },
      /JWT_SECRET is too short.*INDEX_SECRET is a sample/,
    ],
    [
      "the one that leaves, too",
      { BLOG_DO, JWT_SECRET, JWT_SECRET_PREVIOUS: "" },
      /JWT_SECRET_PREVIOUS is missing.*INDEX_SECRET is missing/,
    ],
  ])("fail the first request with one line that names the fix: %s", async (_name, settings, message) => {
    const { status, text, logged } = await firstRequest(settings);
    expect(status).toBe(500);
    expect(text).toMatch(message);
    expect(logged).toMatch(message);
    expect(logged).not.toContain("\n");
  });
});

it("names a class that does not extend createUserDO's on its first call", async () => {
  const log = vi.spyOn(console, "error").mockImplementation(() => {});
  const handler = createHandler(appRouter, { binding: "BARE_DO" });
  const body = JSON.stringify({ json: { email: "a@example.com", password: "correct horse battery" } });
  const headers = { "content-type": "application/json" };
  const request = new Request("https://blog.example.com/trpc/auth.login", { method: "POST", headers, body });
  const response = await handler(request, env, {});
  expect(response?.status).toBe(500);
  expect(await response?.text()).toContain("does not extend createUserDO's");
  expect(log.mock.calls.flat().join()).toContain("does not extend createUserDO's");
  log.mockRestore();
});

describe("an app without the option `binding`", () => {
  const { OTHER_DO } = env;
  const secrets = { JWT_SECRET, INDEX_SECRET };

  async function send(exported: object): Promise<{ status: number; text: string }> {
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    const request = new Request("https://blog.example.com/trpc/ping");
    const response = await createHandler(appRouter)(request, { ...secrets }, { exports: exported });
    log.mockRestore();
    return { status: response?.status ?? 0, text: (await response?.text()) ?? "" };
  }

  it("uses the only Durable Object class that the Worker exports", async () => {
    expect(await send({ default: {}, BlogDO: BLOG_DO })).toMatchObject({ status: 200 });
  });

  it("lists the classes if there are several", async () => {
    const { status, text } = await send({ BlogDO: BLOG_DO, OtherDO: OTHER_DO });
    expect(status).toBe(500);
    expect(text).toMatch(/several Durable Object classes: BlogDO, OtherDO\. Set the option `binding`/);
  });

  it("says how to export a class if there is none", async () => {
    const { status, text } = await send({ default: {} });
    expect(status).toBe(500);
    expect(text).toMatch(/exports no Durable Object class with storage.*wrangler\.jsonc/);
  });

  it("keeps the name of a binding of the class, so that its tokens stay valid", async () => {
    expect(readBinding({ BLOG: BLOG_DO, ...secrets }, undefined, { BlogDO: BLOG_DO }).binding).toBe("BLOG");
    expect(readBinding(secrets, undefined, { BlogDO: BLOG_DO }).binding).toBe("BlogDO");
  });
});
