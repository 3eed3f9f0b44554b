import { env, exports } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { createCaller, watchQuery } from "trpc-userdo/worker";
import { describe, expect, it } from "vitest";
import type { StreamsRouter } from "../../fixtures/app/streams.js";
import { origin } from "../../fixtures/browser.js";
import { signUpToStreams } from "../../fixtures/stock-client.js";

async function start() {
  const { http, user, browser } = await signUpToStreams();
  const caller = createCaller<StreamsRouter>(env.STREAMS_DO).asUser({ userId: user.id });
  const object = env.STREAMS_DO.getByName(`user:${user.id}`);
  const sleep = () => evictDurableObject(object, { webSockets: "hibernate" });
  return { http, browser, caller, object, sleep };
}

/** The stream of a caller's procedure, by its name. */
function generatorOf<TValue>(stream: AsyncIterable<TValue>): AsyncGenerator<TValue, void> {
  return stream as AsyncGenerator<TValue, void>;
}

describe("a stream of a server caller", () => {
  it.each(["changes", "tracked"] as const)("starts when the call is made: streams.%s", async (name) => {
    const { http, caller } = await start();
    await http.items.create.mutate({ text: "before" });
    const stream: AsyncIterable<unknown> = await caller.streams[name]();
    await http.items.create.mutate({ text: "between" });
    await http.items.create.mutate({ text: "after" });
    const next = await generatorOf(stream).next();
    expect(next.value).toMatchObject({ data: { type: "create", data: { text: "between" } } });
  });

  it("of a mutation does not store its input, which is never read again", async () => {
    const { caller, object } = await start();
    const stream = generatorOf<number>(await caller.endlessMutation({ text: "x".repeat(500_000) }));
    expect(await stream.next()).toEqual({ done: false, value: 500_000 });
    const kept = await runInDurableObject(object, (_, { storage }) =>
      storage.sql.exec("SELECT total(length(stored)) AS kept FROM _socket_subscriptions").one(),
    );
    expect(kept).toEqual({ kept: 0 });
    await stream.return();
  });

  it("ends at once with the app's generator, also while an event is awaited", async () => {
    const { http, caller } = await start();
    const stream = generatorOf<unknown>(await caller.streams.tracked());
    const awaited = stream.next();
    const over = { done: true, value: undefined };
    expect(await stream.return()).toEqual(over);
    expect(await awaited).toEqual(over);
    expect(await stream.return()).toEqual(over);
    expect(await stream.next()).toEqual(over);
    await http.items.create.mutate({ text: "late" });

    const open = generatorOf<unknown>(await caller.streams.tracked());
    const first = open.next();
    await http.items.create.mutate({ text: "one" });
    await first;
    const second = open.next();
    expect(await open.return()).toEqual(over);
    expect(await second).toEqual(over);
    await expect.poll(() => http.trace.query()).toContain("ended streams.tracked");
  });

  it("ends at once when it watches a query", async () => {
    const { caller } = await start();
    const over = { done: true, value: undefined };
    const started = watchQuery(caller.items.list);
    expect((await started.next()).value).toEqual([]);
    for (const results of [started, watchQuery(caller.items.list)]) {
      const awaited = results.next();
      expect(await results.return()).toEqual(over);
      expect(await awaited).toEqual(over);
    }
  });
});

describe("a query that streams", () => {
  it("continues after hibernation if it is a source", async () => {
    const { http, caller, sleep } = await start();
    const stream = generatorOf(await caller.itemsStream()) as AsyncGenerator<unknown>;
    for (const text of ["one", "two"]) {
      const next = stream.next();
      await http.items.create.mutate({ text });
      expect((await next).value).toMatchObject({ data: { type: "create", data: { text } } });
      await sleep();
    }
    await stream.return(undefined);
  });

  it("continues after hibernation over batch-stream", async () => {
    const { http, browser, object, sleep } = await start();
    const headers = {
      Origin: origin,
      "trpc-accept": "application/jsonl",
      Cookie: Array.from(browser.cookies, ([name, value]) => `${name}=${value}`).join("; "),
    };
    const address = `${origin}/streams/itemsStream?batch=1&input=${encodeURIComponent("{}")}`;
    const { body } = await exports.default.fetch(new Request(address, { headers }));
    const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    // A batch-stream begins before its calls have reached the object.
    await expect.poll(() => runInDurableObject(object, (_, state) => state.getWebSockets().length)).toBe(1);
    for (const expected of ["the first", "the second"]) {
      await http.items.create.mutate({ text: expected });
      while (reader && !text.includes(expected)) {
        const { value, done } = await reader.read();
        if (done) break;
        text += value;
      }
      expect(text).toContain(expected);
      await sleep();
    }
    await reader?.cancel();
  });

  it("ends with a clear error after hibernation if it is not tracked", async () => {
    const { http, caller, sleep } = await start();
    const stream = generatorOf(await caller.textsStream());
    const first = stream.next();
    await http.items.create.mutate({ text: "one" });
    expect(await first).toEqual({ done: false, value: "one" });
    await sleep();
    const refused = expect(stream.next()).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
    await http.items.create.mutate({ text: "two" });
    await refused;
  });
});
