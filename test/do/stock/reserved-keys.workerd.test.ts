import type { TRPCClient } from "@trpc/client";
import { describe, expect, it } from "vitest";
import type { StockRouter } from "../../fixtures/app/stock.js";
import { openBrowser } from "../../fixtures/browser.js";
import { listen, openStockClient } from "../../fixtures/stock-client.js";
import { signUpToStock } from "../../fixtures/stock-transports.js";

const { browser, caller, transports } = await signUpToStock();
const client = openStockClient(browser, { path: "/stock" }).client as unknown as TRPCClient<StockRouter>;

/** Keys that superjson refuses to send. */
const refused = ["constructor", "prototype", "__proto__"];
const harmless = Object.getOwnPropertyNames(Object.prototype).filter((name) => !refused.includes(name));
const masked = "Something went wrong on the server";

function withKey(key: string): object {
  return { rows: [JSON.parse(`{${JSON.stringify(key)}:{"a":1},"other":2}`)], at: new Date(5) };
}

/** The text of an event stream, until it ends or has an event with data. */
async function firstEvent(path: string, key: string): Promise<string> {
  const input = encodeURIComponent(JSON.stringify({ json: key }));
  const response = await browser.fetch(`/stock/${path}?input=${input}`, { headers: { accept: "text/event-stream" } });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!/"rows"|went wrong/.test(text)) {
    const { done, value } = (await reader?.read()) ?? { done: true };
    if (done) break;
    text += value ?? "";
  }
  await reader?.cancel();
  return text;
}

describe.each(transports)("a key of Object.prototype in a result, over $name", (transport) => {
  it.each(["keys.object", "keys.worker"])("arrives like any other: %s", async (path) => {
    for (const key of harmless) expect(await transport.query(path, key)).toEqual(withKey(key));
  });

  it("arrives like any other from a mutation", async () => {
    for (const key of harmless) expect(await transport.mutate("keys.mutation", key)).toEqual(withKey(key));
  });

  it.each(refused)("fails its own call, masked, if superjson refuses it: %s", async (key) => {
    for (const path of ["keys.object", "keys.worker"]) await expect(transport.query(path, key)).rejects.toThrow(masked);
    await expect(transport.mutate("keys.mutation", key)).rejects.toThrow(masked);
    const calls = [
      transport.query("keys.object", key),
      transport.query("keys.object", "toString"),
      transport.query("keys.worker", key),
    ];
    expect((await Promise.allSettled(calls)).map(({ status }) => status)).toEqual([
      "rejected",
      "fulfilled",
      "rejected",
    ]);
  });
});

describe("a key of Object.prototype in an event", () => {
  it.each(harmless)("arrives like any other: %s", async (key) => {
    const received = listen(client.keys.generator, key);
    expect(await received.until(2)).toEqual([withKey(key), { id: "1", data: withKey(key) }]);
    const events = await Array.fromAsync(await caller.keys.generator(key));
    expect(events).toEqual([withKey(key), { id: "1", data: withKey(key) }]);
    for (const path of ["keys.generator", "keys.workerGenerator"])
      expect(await firstEvent(path, key)).toContain(JSON.stringify(key));
  });

  it.each(refused)("ends its own subscription, masked, if superjson refuses it: %s", async (key) => {
    const other = listen(client.keys.generator, "toString");
    const received = listen(client.keys.generator, key);
    await received.failed();
    expect(received.errors[0]?.message).toContain(masked);
    await other.until(2);
    await expect(caller.keys.generator(key).then((events) => Array.fromAsync(events))).rejects.toThrow(masked);
    for (const path of ["keys.generator", "keys.workerGenerator"])
      expect(await firstEvent(path, key)).toContain(masked);
  });

  it("arrives in a live query, or ends that query alone", async () => {
    const watch = (key: string) => listen(client._live as never, { path: "keys.object", input: key } as never);
    for (const key of harmless) expect(await watch(key).until(1)).toMatchObject([{ data: withKey(key) }]);
    for (const key of refused) {
      const received = watch(key);
      await received.failed();
      expect(received.errors[0]?.message).toContain(masked);
    }
    expect(await watch("toString").until(1)).toMatchObject([{ data: withKey("toString") }]);
  });
});

it("does not change the prototype of other objects", async () => {
  const stranger = openBrowser().client("batch", "/stock") as unknown as TRPCClient<StockRouter>;
  for (const key of refused) await stranger.keys.worker.query(key).catch(() => {});
  expect("a" in {}).toBe(false);
});
