import fc from "fast-check";
import superjson from "superjson";
import { describe, expect, it } from "vitest";
import { packReply } from "../../src/do/runtime/pack-reply.js";
import { superjsonValue } from "../fixtures/superjson-value.js";

/** What the Worker writes for a value that it received by structured clone. */
const written = (value: unknown): string => JSON.stringify(superjson.serialize(structuredClone(value)));

describe("the result of a call for a Worker that writes it into a response", () => {
  it("is the text that the Worker would write, for every value that can be cloned", async () => {
    const property = fc.asyncProperty(superjsonValue, async (value) => {
      const packed = await packReply(value, "rpc", true);
      if (packed.encoding === "json") expect(packed.data).toBe(written(value));
      else expect(packed).toEqual({ ok: true, data: superjson.stringify(value), encoding: "superjson" });
    });
    await fc.assert(property, { numRuns: 1_000 });
  });

  const shared = { at: new Date(5) };
  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  it.each<[string, unknown]>([
    ["undefined", undefined],
    ["null", null],
    ["a row", { id: "1", at: new Date(5), note: undefined }],
    ["an invalid date", [new Date(Number.NaN)]],
    ["an object that occurs twice", [shared, { shared }]],
    ["an object that contains itself", cycle],
    ["a map with shared values", new Map([[1n, shared]]).set(2n, shared)],
    ["bytes", new Uint8Array([1, 2])],
    ["a buffer", new ArrayBuffer(2)],
    ["holes", Object.assign([], { 2: 1 })],
    ["keys with dots", { "a.b": new Date(5), "c\\d": [undefined] }],
  ])("is that text for %s", async (_name, value) => {
    expect(await packReply(value, "rpc", true)).toEqual({ ok: true, data: written(value), encoding: "json" });
  });

  it("stays superjson's text if the value cannot be cloned, because the Worker checks that it can be parsed", async () => {
    const value = { url: new URL("https://example.com/"), bytes: Buffer.from("a") };
    expect(await packReply(value, "rpc", true)).toMatchObject({ encoding: "superjson" });
  });

  it("is awaited first if it contains promises", async () => {
    const packed = await packReply({ later: Promise.resolve(new Date(5)) }, "rpc", true);
    expect(packed).toEqual({ ok: true, data: written({ later: new Date(5) }), encoding: "json" });
  });

  it("is a value for a Worker of an earlier version", async () => {
    const row = { id: "1", at: new Date(5) };
    expect(await packReply(row, "rpc")).toEqual({ ok: true, data: row });
  });
});

describe("the result of a call on a socket", () => {
  it("is the text of the frame, or a value that needs the rules of superjson", async () => {
    const row = { id: "1", at: new Date(5) };
    expect(await packReply(row, "socket")).toEqual({ ok: true, data: written(row), encoding: "json" });
    const map = new Map([["row", row]]);
    expect(await packReply(map, "socket")).toEqual({ ok: true, data: map });
  });
});
