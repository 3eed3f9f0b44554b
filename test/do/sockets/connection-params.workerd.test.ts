import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openSocket, upgrade } from "../../fixtures/socket.js";
import { signUpToStreams } from "../../fixtures/stock-client.js";

const warn = vi.spyOn(console, "warn").mockImplementation(() => {});

beforeEach(() => warn.mockClear());
afterEach(() => warn.mockClear());

const query = { id: 1, method: "query", params: { path: "auth.me", input: {} } };

describe("the connectionParams of a socket", () => {
  it.each([{ token: "sesame" }, {}, null])("are accepted, and do not delay the calls behind them: %j", async (data) => {
    const { browser } = await signUpToStreams();
    const socket = await openSocket(browser, "/streams?connectionParams=1");
    socket.send([{ method: "connectionParams", data }, query]);
    expect(await socket.until(1)).toMatchObject([{ id: 1, result: { type: "data" } }]);
  });

  it.each([["sesame"], [["sesame"]], [{ token: 5 }], [{ token: { nested: "sesame" } }], [undefined], [true]])(
    "are answered with an error if they are not an object of strings: %j",
    async (data) => {
      const { browser } = await signUpToStreams();
      const socket = await openSocket(browser, "/streams?connectionParams=1");
      socket.send([{ method: "connectionParams", data }, query]);
      const [refused, answered] = await socket.until(2);
      expect(refused).toMatchObject({ id: null, error: { json: { data: { code: "PARSE_ERROR" } } } });
      expect(refused?.error?.json.message).toContain("not an object of strings");
      expect(JSON.stringify(refused)).not.toContain("sesame");
      expect(answered).toMatchObject({ id: 1, result: { type: "data" } });
    },
  );

  it("are logged once by name, without their values", async () => {
    const { browser } = await signUpToStreams("/small");
    for (const _socket of [1, 2]) await openSocket(browser, "/small?connectionParams=1");
    expect(warn.mock.calls.flat().filter((text) => String(text).includes("connectionParams"))).toHaveLength(1);
  });

  it("are refused in the URL", async () => {
    const { browser } = await signUpToStreams();
    const params = encodeURIComponent(JSON.stringify({ token: "sesame" }));
    const refused = await upgrade(browser, {}, `/streams?connectionParams=${params}`);
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain("The URL contains connectionParams");
  });
});
