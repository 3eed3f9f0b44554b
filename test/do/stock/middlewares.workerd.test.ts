import { describe, expect, it } from "vitest";
import { parses, reports } from "../../fixtures/app/stock.js";
import { signUpToStock } from "../../fixtures/stock-transports.js";

const { user, transports } = await signUpToStock();

describe.each(transports)("middlewares in an object, over $name", (transport) => {
  it("start a second next() from the context that the middleware had", async () => {
    expect(await transport.query("twice")).toEqual({
      last: { first: false, second: true, user: user.id },
      own: expect.not.arrayContaining(["first", "second"]) as unknown,
    });
  });

  it("run the rest for each next() of a middleware that calls it several times at once", async () => {
    expect(await transport.query("twiceAtOnce")).toMatchObject([
      { first: true, second: false },
      { first: false, second: true },
      { first: false, second: false },
    ]);
  });

  it("hide additions of a later middleware from an earlier one", async () => {
    expect(await transport.query("afterNext")).toEqual([1, false]);
  });

  it("pass the app's declared meta to procedures, and nothing else", async () => {
    expect(await transport.query("plainMeta")).toBe(true);
    expect(await transport.query("ownMeta")).toEqual(["role"]);
  });

  it.each(["outputOnce", "asyncOutputOnce", "asyncResolverOnce"])(
    "parse the output of a mutation once: %s",
    async (name) => {
      const text = crypto.randomUUID();
      // The first call finds out whether the parser is synchronous.
      await transport.mutate(name, "first");
      expect(await transport.mutate(name, text)).toBe(`${text}!`);
      expect(parses.get(text)).toBe(1);
    },
  );

  it("run before the output parser, which parses what they return", async () => {
    const text = crypto.randomUUID();
    expect(await transport.mutate("outputOfInside", text)).toBe(`${text} changed!`);
  });

  it("roll back a mutation whose result does not fit its output", async () => {
    await expect(transport.mutate("unfit")).rejects.toThrow("Something went wrong on the server");
    expect(await transport.query("items")).not.toContain("unfit");
    expect(reports).toContainEqual({
      message: 'The result of "unfit" does not match its .output() schema.',
      path: "unfit",
    });
  });

  it("keep the writes of a mutation whose result they change so that it fits its output", async () => {
    expect(await transport.mutate("reshaped", transport.name)).toEqual({ created: transport.name });
    expect(await transport.query("items")).toContain(transport.name);
  });

  it("call a procedure with a caller of its own through it", async () => {
    expect(await transport.query("wrapped.query")).toEqual({ wrapped: user.id });
  });
});

it("a mutation that returns the promise of a call to another object keeps its writes", async () => {
  const [http] = transports;
  expect(await http!.mutate("remote")).toBeUndefined();
  expect(await http!.query("items")).toContain("remote");
});
