import { describe, expect, it } from "vitest";
import { z } from "zod";
import { initUserDO } from "../../../src/router/index.js";
import { procedure } from "./builder.js";
import { callWith } from "./compare.js";

const t = initUserDO();
const parsed: unknown[] = [];
const router = t.router({
  mine: t.userProcedure.query(() => "secret"),
  ours: t.organizationProcedure.mutation(() => "secret"),
  all: t.userProcedure.subscription(async function* () {
    yield "secret";
  }),
  withInput: t.userProcedure.input(z.string().refine((text) => parsed.push(text))).query(() => "secret"),
  anyone: t.procedure.query(() => "hello"),
});
const caller = t.router({ router }).createCaller({ caller: { type: "system" }, env: {} } as never).router;

it("rejects a procedure of an object's kind outside of an object", async () => {
  await expect(caller.mine()).rejects.toMatchObject({ code: "FORBIDDEN" });
  await expect(caller.ours({ organizationId: "0".repeat(32) })).rejects.toMatchObject({ code: "FORBIDDEN" });
  await expect(caller.all()).rejects.toThrow("outside of one");
  await expect(caller.anyone()).resolves.toBe("hello");
});

it("rejects it before its input is parsed", async () => {
  await expect(caller.withInput("text")).rejects.toMatchObject({ code: "FORBIDDEN" });
  await expect(caller.withInput(1 as never)).rejects.toMatchObject({ code: "FORBIDDEN" });
  expect(parsed).toEqual([]);
});

describe.each(["stock", "ours"] as const)("a context that is not an object, with the runner of %s", (runner) => {
  it.each([undefined, null, "text", 5])("can be extended: %s", async (ctx) => {
    const built = procedure.use(({ next }) => next({ ctx: { a: 1 } })).query((options) => options.ctx["a"]);
    expect(await callWith(runner, built, { ctx })).toBe(1);
  });
});
