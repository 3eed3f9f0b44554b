import { createTestHarness } from "wrangler";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const server = createTestHarness({
  workers: [{ configPath: new URL("../fixtures/wrong-classes/wrangler.jsonc", import.meta.url) }],
});

beforeAll(async () => void (await server.listen()), 60_000);
afterAll(() => server.close());

describe("the first call of an object reports that its class", () => {
  it.each([
    ["WITHOUT_SQLITE", "has no SQLite storage", "new_sqlite_classes"],
    ["BARE", "does not extend createUserDO's", "does not extend createUserDO's"],
    ["REPLACING", "replaces a method", "The class ReplacingDO replaces alarm() of createUserDO's class"],
  ])("%s %s", async (binding, _mistake, text) => {
    const response = await server.getWorker("wrong-classes").fetch(`https://blog.example.com/${binding}/auth.login`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ json: { email: "a@example.com", password: "correct horse battery" } }),
    });
    expect(response.status).toBe(500);
    const body = await response.text();
    expect(body).toContain(text);
    expect(body).toContain('"reason":"CONFIGURATION_INVALID"');
  });
});
