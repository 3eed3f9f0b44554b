import { expect, it } from "vitest";
import { z } from "zod";
import { initUserDO } from "../../../src/router/index.js";

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
