import superjson from "superjson";
import { describe, expect, it } from "vitest";
import { signUpToLive, type LiveClient } from "../../fixtures/live.js";
import { listen, openStockClient, stock, type Stock } from "../../fixtures/stock-client.js";
import { newest } from "../../newest-trpc/newest.js";

const versions: [string, Stock][] = [
  ["11.22.1", stock],
  ["11.25.2", newest],
];

const textOf = (event: unknown): unknown => (event as { data: unknown }).data;

describe.each(versions)("the unmodified client of @trpc/client %s", (_version, use) => {
  it("updates a live query, ignores the marker, and resumes by itself", async () => {
    const { browser, http, cursor } = await signUpToLive();
    const opened = openStockClient(browser, { stock: use, path: "/live" });
    const client = opened.client as unknown as LiveClient;
    const texts = listen(client._live, { path: "notes.texts" });
    await texts.until(1);
    await http.notes.create.mutate({ text: "one" });
    await texts.until(2);
    const [wire] = opened.wires;
    await expect.poll(() => wire?.received.at(-1)).toContain(`"userdo.flushed","params":{"cursor":"${cursor()}"}`);
    // A mutation on the socket returns a write cursor, too.
    await client.notes.create.mutate({ text: "two" });
    await texts.until(3);
    expect(wire?.received.some((text) => /"json":\{.*"cursor":"\d+\.[0-9a-f]{16}"/.test(text))).toBe(true);
    wire?.drop();
    await expect.poll(() => opened.wires.length).toBe(2);
    await expect.poll(() => opened.wires[1]?.received.join()).toContain("userdo.flushed");
    expect(texts.events).toHaveLength(3);
    await http.notes.create.mutate({ text: "three" });
    await texts.until(4);
    expect(texts.events.map(textOf)).toEqual([[], ["one"], ["one", "two"], ["one", "three", "two"]]);
    expect(texts.errors).toEqual([]);
    opened.close();
  });
});

it("gets the same results over SSE, and resumes by the event's id", async () => {
  const { browser, http, sleep } = await signUpToLive();
  const open = (lastEventId?: string): Promise<Response> => {
    const input = encodeURIComponent(JSON.stringify(superjson.serialize({ path: "notes.texts", lastEventId })));
    return browser.fetch(`/live/_live?input=${input}`, { headers: { accept: "text/event-stream" } });
  };
  /** Reads until the given number of results has arrived. */
  async function read(response: Response, count: number, each: () => Promise<unknown>): Promise<string[]> {
    const found: string[] = [];
    let text = "";
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    while (found.length < count && reader) {
      const { done, value } = await reader.read();
      if (done) break;
      text += value;
      const events = text.split("\n\n");
      text = events.pop() ?? "";
      for (const event of events.filter((part) => /^id: .+\..+\..+$/m.test(part))) {
        found.push(event);
        await each();
      }
    }
    await reader?.cancel();
    return found;
  }
  let written = 0;
  const [first, second] = await read(await open(), 2, async () => {
    if (written++ > 0) return;
    await sleep();
    await http.notes.create.mutate({ text: "one" });
  });
  expect(first).toContain('"json":[]');
  expect(second).toContain('"json":["one"]');
  const lastEventId = /^id: (.+)$/m.exec(second ?? "")?.[1];
  const resumed = read(await open(lastEventId), 1, () => Promise.resolve());
  await http.notes.create.mutate({ text: "two" });
  expect((await resumed)[0]).toContain('"json":["one","two"]');
});
