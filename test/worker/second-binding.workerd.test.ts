import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createHandler, createLoadSession } from "trpc-userdo/worker";
import { appRouter } from "../fixtures/app/router.js";

const { BLOG_DO, OTHER_DO, JWT_SECRET, INDEX_SECRET } = env;
const secrets = { JWT_SECRET, INDEX_SECRET };

afterEach(() => {
  vi.restoreAllMocks();
});

async function sendRequest(binding: string, settings: object): Promise<{ status: number; text: string }> {
  vi.spyOn(console, "error").mockImplementation(() => {});
  const handler = createHandler(appRouter, { binding });
  const response = await handler(new Request("https://blog.example.com/trpc/ping"), settings, {});
  return { status: response?.status ?? 0, text: (await response?.text()) ?? "" };
}

describe("two bindings of one class", () => {
  it("reject requests through the second binding, and name both", async () => {
    const { status, text } = await sendRequest("TENANT_B", { TENANT_A: BLOG_DO, TENANT_B: BLOG_DO, ...secrets });
    expect(status).toBe(500);
    expect(text).toMatch(/TENANT_A and TENANT_B have the same Durable Object class/);
  });

  it("serve the first binding, because its users exist already", async () => {
    expect(await sendRequest("TENANT_A", { TENANT_A: BLOG_DO, TENANT_B: BLOG_DO, ...secrets })).toMatchObject({
      status: 200,
    });
  });

  it("are both served if they have different classes", async () => {
    const settings = { TENANT_A: BLOG_DO, TENANT_B: OTHER_DO, ...secrets };
    expect(await sendRequest("TENANT_A", settings)).toMatchObject({ status: 200 });
    expect(await sendRequest("TENANT_B", settings)).toMatchObject({ status: 200 });
  });

  it("reject loading a session through the second binding, with and without secrets", async () => {
    const loadSession = createLoadSession<typeof appRouter>({ binding: "TENANT_B" });
    const request = new Request("https://blog.example.com/", { headers: { Authorization: "Bearer x" } });
    for (const settings of [secrets, {}]) {
      await expect(loadSession(request, { TENANT_A: BLOG_DO, TENANT_B: BLOG_DO, ...settings })).rejects.toThrow(
        /have the same Durable Object class/,
      );
    }
  });
});
