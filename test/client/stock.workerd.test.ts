import { env } from "cloudflare:workers";
import { evictDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { reported } from "../fixtures/app/streams.js";
import { codeOf } from "../fixtures/error-code.js";
import { newest } from "../newest-trpc/newest.js";
import { listen, openStockClient, signUpToStreams, stock, type Stock } from "../fixtures/stock-client.js";

const versions: [string, Stock][] = [
  ["11.22.1", stock],
  ["11.25.2", newest],
];

async function start(options: Parameters<typeof openStockClient>[1] = {}) {
  const signedUp = await signUpToStreams();
  const object = env.STREAMS_DO.getByName(`user:${signedUp.user.id}`);
  return { ...signedUp, ...openStockClient(signedUp.browser, options), object };
}

describe.each(versions)("the unmodified socket client of @trpc/client %s", (_version, use) => {
  it("calls procedures with values of every kind, and gets errors with codes and masked unexpected errors", async () => {
    const { client, user } = await start({ stock: use });
    const value = {
      at: new Date(0),
      n: 10n,
      set: new Set([1]),
      map: new Map([["a", undefined]]),
      bytes: new Uint8Array([1]),
    };
    expect(await client.echo.query(value)).toEqual(value);
    expect(await client.items.create.mutate({ text: "one" })).toMatchObject({
      text: "one",
      createdAt: expect.any(Date),
    });
    expect(await codeOf(client.refuse.query({ n: 4 }))).toBe("BAD_REQUEST");
    await expect(client.conflict.mutate()).rejects.toMatchObject({
      message: "Taken.",
      data: { code: "CONFLICT", path: "conflict" },
    });
    await expect(client.fail.query()).rejects.toMatchObject({
      message: expect.not.stringContaining("hunter2"),
      data: { code: "INTERNAL_SERVER_ERROR", requestId: expect.any(String) },
    });
    expect(reported).toContain("fail: password=hunter2");
    expect((await client.auth.me.query()).user.id).toBe(user.id);
  });

  it("gets errors in the same shape as over HTTP", async () => {
    const { client, http } = await start({ stock: use });
    const shapeOf = (call: Promise<unknown>) =>
      call.then(
        () => undefined,
        (error: { shape: unknown }) => error.shape,
      );
    for (const call of [
      (c: typeof client) => c.refuse.query({ n: 4 }),
      (c: typeof client) => c.conflict.mutate(),
      (c: typeof client) => c.refuse.query("text" as never),
    ]) {
      expect(await shapeOf(call(client))).toEqual(await shapeOf(call(http)));
    }
  });

  it("sends calls of one tick in one frame, and gets replies in order", async () => {
    const { client, http, wires } = await start({ stock: use });
    const order: number[] = [];
    const calls = [
      client.pause.query().then(() => order.push(1)),
      ...[2, 3, 4].map((n) => client.echo.query(n).then(() => order.push(n))),
    ];
    await expect.poll(() => wires[0]?.sent.length).toBe(1);
    expect(JSON.parse(wires[0]?.sent[0] ?? "")).toHaveLength(4);
    const later = client.echo.query(5).then(() => order.push(5));
    await expect.poll(() => wires[0]?.sent.length).toBe(2);
    await http.release.mutate();
    await Promise.all([...calls, later]);
    expect(order).toEqual([1, 2, 3, 4, 5]);
  });

  it("starts a subscription, receives tracked events, and stops it", async () => {
    const { client, http, wires } = await start({ stock: use });
    const received = listen(client.streams.changes, undefined);
    await received.started();
    const { id } = await http.items.create.mutate({ text: "one" });
    expect(await received.until(1)).toEqual([
      {
        id: expect.stringMatching(/^\d+\.[0-9a-f]{16}$/),
        data: { type: "create", id, data: expect.objectContaining({ text: "one", createdAt: expect.any(Date) }) },
      },
    ]);
    received.unsubscribe();
    await expect.poll(() => wires[0]?.received.at(-1)).toMatch(/"stopped"/);
    await http.items.delete.mutate({ id });
    await client.echo.query(1);
    expect(received.events).toHaveLength(1);
  });

  it("runs the generator's finally on stop, and completes a generator that returns", async () => {
    const { client, http } = await start({ stock: use });
    const received = listen(client.streams.tracked, undefined);
    const other = listen(client.streams.untracked, undefined);
    await Promise.all([received.started(), other.until(1)]);
    received.unsubscribe();
    other.unsubscribe();
    await expect
      .poll(() => http.trace.query())
      .toEqual(expect.arrayContaining(["ended streams.tracked", "ended streams.untracked"]));
    const short = listen(client.streams.short, undefined);
    await short.completed();
    expect(short.events).toEqual([{ id: "1", data: "only" }]);
  });

  it("receives the events of a generator that fails, and then a masked error", async () => {
    const { client } = await start({ stock: use });
    const received = listen(client.streams.failing, undefined);
    await received.failed();
    expect(received.events).toEqual([{ id: "1", data: "before" }]);
    expect(received.errors).toEqual([
      { message: expect.not.stringContaining("hunter2"), code: "INTERNAL_SERVER_ERROR" },
    ]);
    expect(reported).toContain("streams.failing: password=hunter2");
  });

  it("validates each event of a subscription by its .output", async () => {
    const { client, http } = await start({ stock: use });
    const received = listen(client.streams.checked, undefined);
    await received.started();
    await http.items.create.mutate({ text: "one" });
    await received.until(1);
    await http.items.create.mutate({ text: "much too long" });
    await received.failed();
    expect(received.events).toMatchObject([{ data: { type: "create", data: { text: "ONE" } } }]);
    expect(received.errors).toMatchObject([{ code: "INTERNAL_SERVER_ERROR" }]);
  });

  it("runs middleware once for a subscription, and before each call", async () => {
    const { client, http } = await start({ stock: use });
    const received = listen(client.streams.tracked, undefined);
    await received.started();
    await http.items.create.mutate({ text: "one" });
    await received.until(1);
    expect(await http.trace.query()).toEqual(["ran streams.tracked"]);
  });

  it("accepts connection parameters without effect", async () => {
    const { client, wires, user } = await start({ stock: use, connectionParams: { token: "whatever" } });
    expect((await client.auth.me.query()).user.id).toBe(user.id);
    expect(wires[0]?.sent[0]).toContain("connectionParams");
  });

  it.each(["streams.nothing", "echo", "streams"])(
    "rejects a subscription to %s, which is not a subscription",
    async (path) => {
      const { client } = await start({ stock: use });
      const [first = "", second] = path.split(".");
      const procedure = second
        ? (client as never as Record<string, Record<string, never>>)[first]?.[second]
        : (client as never as Record<string, never>)[first];
      const received = listen(procedure as never as typeof client.streams.changes, undefined);
      await received.failed();
      expect(received.errors).toMatchObject([{ code: "NOT_FOUND" }]);
    },
  );

  it("rejects a query that returns a stream", async () => {
    const { client } = await start({ stock: use });
    expect(await codeOf(client.stream.query())).toBe("UNSUPPORTED_MEDIA_TYPE");
  });

  it("gets answers to its own keep-alive", async () => {
    const keepAlive = { enabled: true, intervalMs: 5, pongTimeoutMs: 20_000 };
    const { client, wires } = await start({ stock: use, keepAlive });
    await client.echo.query(1);
    await expect.poll(() => wires[0]?.received.filter((frame) => frame === "PONG").length).toBeGreaterThan(2);
    expect(wires).toHaveLength(1);
  });

  it("reconnects after a lost connection and resumes", async () => {
    const { client, http, wires } = await start({ stock: use });
    const sources = listen(client.streams.changes, undefined);
    const generator = listen(client.streams.tracked, undefined);
    await Promise.all([sources.started(), generator.started()]);
    for (let n = 1; n <= 4; n++) {
      await http.items.create.mutate({ text: `${n}` });
      await Promise.all([sources.until(n), generator.until(n)]);
      if (n < 4) wires.at(-1)?.drop();
    }
    const texts = (events: readonly { data: { type: string } }[]) =>
      events.map(({ data }) => ("data" in data ? data.data : data));
    expect(texts(sources.events)).toMatchObject([{ text: "1" }, { text: "2" }, { text: "3" }, { text: "4" }]);
    expect(generator.events).toEqual(sources.events);
    expect(wires).toHaveLength(4);
  });

  it("notices nothing when the object hibernates", async () => {
    const { client, http, wires, object } = await start({ stock: use });
    const received = listen(client.streams.changes, undefined);
    await received.started();
    await evictDurableObject(object, { webSockets: "hibernate" });
    await http.items.create.mutate({ text: "one" });
    await received.until(1);
    await evictDurableObject(object, { webSockets: "close" });
    await http.items.create.mutate({ text: "two" });
    expect(await received.until(2)).toMatchObject([
      { data: { data: { text: "one" } } },
      { data: { data: { text: "two" } } },
    ]);
    expect(wires).toHaveLength(2);
  });

  it("keeps the cursor of a subscription after an untracked event", async () => {
    const { client, http, wires } = await start({ stock: use });
    const received = listen(client.streams.mixed, undefined);
    await received.started();
    await http.items.create.mutate({ text: "one" });
    await received.until(2);
    wires[0]?.drop();
    await http.items.create.mutate({ text: "two" });
    expect(await received.until(4)).toMatchObject([
      { data: { data: { text: "one" } } },
      "aside",
      { data: { data: { text: "two" } } },
      "aside",
    ]);
  });
});
