import { describe, expect, it } from "vitest";
import { codeOfError } from "../../fixtures/transports.js";
import { signUpToStock } from "../../fixtures/stock-transports.js";

const { caller, transports } = await signUpToStock();

describe.each(transports)("a missing procedure over $name", (transport) => {
  it.each(["nope", "nested.nope", "nope.nope"])("is reported with tRPC's message: %s", async (path) => {
    const error = await transport.query(path).catch((cause: unknown) => cause);
    expect(codeOfError(error)).toBe("NOT_FOUND");
    expect((error as Error).message).toBe(`No procedure found on path "${path}"`);
  });
});

describe("the cause of an error", () => {
  it("reaches a server caller, with the issues of the schema", async () => {
    const error = await caller.causes.input({ name: 5 as never }).catch((cause: unknown) => cause as Error);
    expect(error).toMatchObject({
      code: "BAD_REQUEST",
      cause: { name: "ZodError", issues: [{ code: "invalid_type", path: ["name"] }] },
    });
    expect((error as Error).cause).toBeInstanceOf(Error);
  });

  it("reaches a server caller when an error was thrown on purpose", async () => {
    await expect(caller.causes.own()).rejects.toMatchObject({
      code: "CONFLICT",
      message: "Taken.",
      cause: { name: "RangeError", message: "by another item" },
    });
  });

  it("is logged when an error is unexpected", async () => {
    const error = await caller.causes.unexpected().catch((cause: unknown) => cause as Error);
    expect(error).toMatchObject({ code: "INTERNAL_SERVER_ERROR" });
    expect((error as Error).cause).toBeUndefined();
  });

  it.each(transports.filter(({ name }) => name !== "RPC"))("does not reach a client over $name", async (transport) => {
    const error = (await transport.query("causes.own").catch((cause: unknown) => cause)) as { data: object };
    expect(JSON.stringify([error, error.data])).not.toContain("by another item");
  });
});

describe.each(transports)("a formatter of .errors() over $name", (transport) => {
  it("that returns a shape without data fails only its own call, with tRPC's shape", async () => {
    const [failed, other] = await Promise.allSettled([transport.query("formatted.noData"), transport.query("items")]);
    const { reason: error } = failed as PromiseRejectedResult;
    expect(codeOfError(error)).toBe("CONFLICT");
    expect((error as Error).message).toBe("Taken.");
    expect(other).toEqual({ status: "fulfilled", value: [] });
  });

  it("cannot show an unexpected error to the client", async () => {
    const error = await transport.query("formatted.unexpected").catch((cause: unknown) => cause as Error);
    expect(codeOfError(error)).toBe("INTERNAL_SERVER_ERROR");
    expect(JSON.stringify([(error as Error).message, error])).not.toContain("hunter2");
  });
});
