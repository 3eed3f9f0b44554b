import { beforeAll, describe, expect, it } from "vitest";
import type { Browser } from "../../fixtures/browser.js";
import { upgrade } from "../../fixtures/socket.js";
import { signUpToStreams } from "../../fixtures/stock-client.js";

let browser: Browser;

beforeAll(async () => {
  ({ browser } = await signUpToStreams());
});

describe("the upgrade of a request", () => {
  const token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ2aWN0aW0ifQ.";

  it.each<[string, Record<string, string>]>([
    ["no cookie", {}],
    ["a forged access token", { Cookie: `__Host-userdo-access=${token}` }],
    ["a forged refresh token", { Cookie: `__Host-userdo-refresh=${token}` }],
    ["a forged bearer", { Authorization: `Bearer ${token}` }],
  ])("is refused before any object is called: %s", async (_name, headers) => {
    const refused = await Promise.all(
      Array.from({ length: 50 }, () => upgrade({ cookies: new Map() }, headers, "/streams")),
    );
    expect(refused.map(({ status }) => status)).toEqual(Array(50).fill(401));
  });

  it.each<[string, Record<string, string>]>([
    ["a foreign origin", { Origin: "https://evil.example", "Sec-Fetch-Site": "cross-site" }],
    ["a foreign origin that claims to be the own site", { Origin: "https://evil.example" }],
    ["an origin of null", { Origin: "null" }],
    ["a name that begins alike", { Origin: "https://blog.example.com.evil.com" }],
    ["the own name as a user", { Origin: "https://blog.example.com@evil.com" }],
    ["http for https", { Origin: "http://blog.example.com" }],
    ["another port", { Origin: "https://blog.example.com:8443" }],
  ])("is refused: %s", async (_name, headers) => {
    const response = await upgrade(browser, headers, "/streams");
    expect([response.status, response.webSocket]).toEqual([403, null]);
  });

  it.each(["/streams/", "/streams/items.list", "/STREAMS", "/streamsx"])("is refused at %s", async (path) => {
    const { status, webSocket } = await upgrade(browser, {}, path);
    expect(webSocket).toBeNull();
    expect(status).toBeGreaterThanOrEqual(400);
  });
});
