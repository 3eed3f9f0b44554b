import { createTestHarness } from "wrangler";
import { afterAll, beforeAll, expect, it } from "vitest";

const server = createTestHarness({
  workers: [{ configPath: new URL("../fixtures/without-sqlite/wrangler.jsonc", import.meta.url) }],
});

beforeAll(async () => void (await server.listen()), 60_000);
afterAll(() => server.close());

it("names a class without SQLite storage on its first call", async () => {
  const response = await server.getWorker("without-sqlite").fetch("https://blog.example.com/trpc/auth.login", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ json: { email: "a@example.com", password: "correct horse battery" } }),
  });
  expect(response.status).toBe(500);
  expect(await response.text()).toContain("new_sqlite_classes");
});
