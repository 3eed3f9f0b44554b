import { env, exports } from "cloudflare:workers";
import { evictDurableObject } from "cloudflare:test";
import { createCaller } from "trpc-userdo/worker";
import { describe, expect, it } from "vitest";
import type { StreamsRouter } from "../../fixtures/app/streams.js";
import { origin } from "../../fixtures/browser.js";
import { signUpToStreams } from "../../fixtures/stock-client.js";
import { eventsOf, openSocket, subscribe } from "../../fixtures/socket.js";

/** A user who received one row and missed the next. */
async function missOne() {
  const { http, browser, user } = await signUpToStreams();
  const socket = await openSocket(browser, "/streams");
  socket.send(subscribe(1, "streams.changes"));
  await socket.until(1);
  await http.items.create.mutate({ text: "one" });
  await socket.until(2);
  const cursor = String(eventsOf(socket.frames)[0]?.cursor);
  socket.socket.close();
  await http.items.create.mutate({ text: "two" });
  const object = env.STREAMS_DO.getByName(`user:${user.id}`);
  const caller = createCaller<StreamsRouter>(env.STREAMS_DO).asUser({ userId: user.id });
  const sleep = () => evictDurableObject(object, { webSockets: "hibernate" });
  const cookie = Array.from(browser.cookies, ([name, value]) => `${name}=${value}`).join("; ");
  const headers = { Origin: origin, "Sec-Fetch-Site": "same-origin", Cookie: cookie };
  return { http, browser, caller, cursor, sleep, headers };
}

const textOf = (change: unknown) => (change as { data: { text: string } }).data.text;

// A stock client does this when it reopens a stream, or tries again with `retryLink`.
describe("a cursor in the input", () => {
  it.each(["changes", "tracked", "delegated"])("continues streams.%s over a socket", async (name) => {
    const { http, browser, cursor, sleep } = await missOne();
    const socket = await openSocket(browser, "/streams");
    socket.send(subscribe(1, `streams.${name}`, undefined, { lastEventId: cursor }));
    await socket.until(2);
    await sleep();
    await http.items.create.mutate({ text: "three" });
    await socket.until(3);
    expect(eventsOf(socket.frames).map(({ change }) => textOf(change))).toEqual(["two", "three"]);
  });

  it("is ignored in favour of the cursor beside the input", async () => {
    const { browser, cursor } = await missOne();
    const socket = await openSocket(browser, "/streams");
    socket.send(subscribe(1, "streams.changes", cursor, { lastEventId: "1.0123456789abcdef" }));
    await socket.until(2);
    expect(textOf(eventsOf(socket.frames)[0]?.change)).toBe("two");
  });

  it.each([
    ["a number", 1],
    ["an object", { cursor: 1 }],
    ["nothing", null],
  ])("is ignored if it is %s", async (_name, lastEventId) => {
    const { http, browser } = await missOne();
    const socket = await openSocket(browser, "/streams");
    socket.send(subscribe(1, "streams.changes", undefined, { lastEventId }));
    await socket.until(1);
    await http.items.create.mutate({ text: "three" });
    await socket.until(2);
    expect(eventsOf(socket.frames).map(({ change }) => textOf(change))).toEqual(["three"]);
  });

  it.each(["input", "lastEventId", "Last-Event-Id"])("continues over SSE: %s in the URL", async (where) => {
    const { cursor, headers } = await missOne();
    const value = where === "input" ? JSON.stringify({ json: { lastEventId: cursor } }) : cursor;
    const address = `${origin}/streams/streams.changes?${where}=${encodeURIComponent(value)}`;
    const response = await exports.default.fetch(new Request(address, { headers }));
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (reader && !text.includes('"create"')) text += (await reader.read()).value;
    await reader?.cancel();
    expect(text).toContain('"two"');
  });

  it.each(["changes", "tracked"] as const)("continues for a server caller: streams.%s", async (name) => {
    const { caller, cursor } = await missOne();
    // The type of a procedure without its own input does not contain the cursor.
    const resume = caller.streams[name] as unknown as (
      input: object,
    ) => Promise<AsyncIterable<{ readonly data: unknown }>>;
    for await (const { data } of await resume({ lastEventId: cursor })) {
      expect(textOf(data)).toBe("two");
      break;
    }
  });
});
