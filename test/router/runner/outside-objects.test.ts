import { expect, it } from "vitest";
import { initUserDO } from "../../../src/router/index.js";

const t = initUserDO();
const router = t.router({
  mine: t.userProcedure.query(() => "secret"),
  ours: t.organizationProcedure.mutation(() => "secret"),
  all: t.userProcedure.subscription(async function* () {
    yield "secret";
  }),
  anyone: t.procedure.query(() => "hello"),
});
const caller = t.router({ router }).createCaller({ caller: { type: "system" }, env: {} } as never).router;

it("rejects a procedure of an object's kind outside of an object", async () => {
  await expect(caller.mine()).rejects.toMatchObject({ code: "FORBIDDEN" });
  await expect(caller.ours({ organizationId: "0".repeat(32) })).rejects.toMatchObject({ code: "FORBIDDEN" });
  await expect(caller.all()).rejects.toThrow("outside of one");
  await expect(caller.anyone()).resolves.toBe("hello");
});
