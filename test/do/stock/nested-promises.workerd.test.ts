import { beforeEach, describe, expect, it } from "vitest";
import type { TRPCClient } from "@trpc/client";
import { reports, type StockRouter } from "../../fixtures/app/stock.js";
import { listen } from "../../fixtures/stock-client.js";
import { openStockClient } from "../../fixtures/stock-client.js";
import { signUpToStock } from "../../fixtures/stock-transports.js";

const { browser, caller, transports } = await signUpToStock();
const stream = browser.client("stream", "/stock") as unknown as TRPCClient<StockRouter>;
const streamed = transports.filter(({ name }) => name === "batch-stream");
const whole = transports.filter(({ name }) => name !== "batch-stream");

const cycle: { self?: unknown; later: string } = { later: "in a cycle" };
cycle.self = cycle;

beforeEach(() => {
  reports.length = 0;
});

describe.each(whole)("promises in a result, over $name", (transport) => {
  it.each(["nested.object", "nested.worker"])("are awaited: %s", async (path) => {
    expect(await transport.query(path)).toEqual({
      one: 1,
      date: new Date(5),
      deep: { list: [1n], map: new Map([["key", "in a map"]]) },
      set: new Set(["in a set"]),
      chained: { inner: { innermost: new URL("https://example.com/") } },
      nothing: undefined,
      cycle,
    });
  });

  it("are awaited in the result of a mutation", async () => {
    expect(await transport.mutate("nested.mutation")).toMatchObject({
      date: new Date(5),
      cycle: { later: "in a cycle" },
    });
  });

  it.each(["rejected", "twoRejected", "unserializable"])(
    "fail the call, and are masked and reported: %s",
    async (name) => {
      await expect(transport.query(`nested.${name}`)).rejects.toThrow("Something went wrong on the server");
      expect(reports).toEqual([{ message: "password=hunter2", path: `nested.${name}` }]);
    },
  );

  it("keep the message of an error that was thrown on purpose", async () => {
    await expect(transport.query("nested.refused")).rejects.toThrow("Taken.");
    expect(reports).toEqual([]);
  });
});

describe.each(streamed)("promises in a result, over $name", (transport) => {
  it("follow the result", async () => {
    const result = (await transport.query("nested.object")) as Record<string, unknown>;
    expect(result).toMatchObject({ one: 1, deep: { list: [1n] }, date: expect.any(Promise) as unknown });
    expect(await result["date"]).toEqual(new Date(5));
    expect(await result["chained"]).toEqual({ inner: { innermost: new URL("https://example.com/") } });
    expect(await result["nothing"]).toBeUndefined();
  });

  it("arrive after it, when they settle", async () => {
    const result = (await transport.query("nested.waiting")) as { later: Promise<string> };
    await transport.mutate("nested.release");
    expect(await result.later).toBe("released");
  });

  it.each(["rejected", "unserializable"])("fail alone, masked and reported: %s", async (name) => {
    const result = (await transport.query(`nested.${name}`)) as { later: Promise<string> };
    await expect(result.later).rejects.toThrow("Something went wrong on the server");
    expect(reports).toEqual([{ message: "password=hunter2", path: `nested.${name}` }]);
  });

  it("keep the message of an error that was thrown on purpose", async () => {
    const result = (await transport.query("nested.refused")) as { later: Promise<string> };
    await expect(result.later).rejects.toThrow("Taken.");
  });

  it("can be async iterables", async () => {
    const { one, items } = await stream.nested.iterable.query();
    const events = await Array.fromAsync(items);
    expect([one, events]).toEqual([1, [{ at: new Date(1) }, { at: new Date(2) }]]);
  });
});

describe("promises in events", () => {
  const open = () => openStockClient(browser, { path: "/stock" }).client as unknown as TRPCClient<StockRouter>;

  it("are awaited", async () => {
    const received = listen(open().nested.subscription, undefined);
    expect(await received.until(2)).toEqual([{ id: "1", data: { later: "tracked" } }, { later: ["plain"] }]);
  });

  it("are awaited for server callers", async () => {
    const events = await Array.fromAsync(await caller.nested.subscription());
    expect(events).toEqual([{ id: "1", data: { later: "tracked" } }, { later: ["plain"] }]);
  });

  it("end the subscription when they are rejected", async () => {
    const received = listen(open().nested.rejectedEvent, undefined);
    await received.failed();
    expect(received.errors).toMatchObject([{ code: "INTERNAL_SERVER_ERROR" }]);
    expect(reports).toEqual([{ message: "password=hunter2", path: "nested.rejectedEvent" }]);
  });

  it("are awaited in live queries, which run again when data that the promise read has changed", async () => {
    const received = listen(open()._live as never, { path: "nested.count", input: undefined } as never);
    expect(await received.until(1)).toMatchObject([{ data: { count: 0 } }]);
    await caller.nested.create();
    expect((await received.until(2))[1]).toMatchObject({ data: { count: 1 } });
  });
});
