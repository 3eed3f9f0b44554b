import { describe, expect, it } from "vitest";
import { z } from "zod";
import { initUserDO } from "../../../src/router/index.js";
import { runnable } from "../../../src/router/runner/runnable.js";
import { SERVICES, type ObjectServices } from "../../../src/router/services.js";
import type { ObjectAddress } from "../../../src/shared/owner.js";
import { procedure, root } from "./builder.js";
import { callWith, type Log } from "./compare.js";

const user: ObjectAddress = { type: "user", id: "0".repeat(32) };
const organization: ObjectAddress = { type: "organization", id: "1".repeat(32) };

/** The context of a call in an object, which writes transactions and reads of `rows` to the log. */
function contextIn(address: ObjectAddress, log: Log): object {
  const services: ObjectServices = {
    address,
    setSession() {},
    atomic(work) {
      log.push("begin");
      try {
        return work();
      } finally {
        log.push("end");
      }
    },
  };
  return {
    [SERVICES]: services,
    get rows() {
      log.push("read");
      return 1;
    },
  };
}

describe("a context in an object", () => {
  it("keeps its getters when a middleware adds to it, where tRPC reads them", async () => {
    const built = procedure
      .use(({ next }) => next({ ctx: { a: 1 } }))
      .use(({ next }) => next({ ctx: { b: 2 } }))
      .query(({ ctx }) => [ctx["a"], ctx["b"], Object.getPrototypeOf(ctx) === Object.prototype]);
    const log: Log = [];
    expect(await callWith("ours", built, { ctx: contextIn(user, log) })).toStrictEqual([1, 2, true]);
    expect(log).toStrictEqual([]);
    await callWith("stock", built, { ctx: contextIn(user, log) });
    expect(log).toStrictEqual(["read"]);
  });

  it("keeps the getters that a middleware adds", async () => {
    const log: Log = [];
    const added = {
      get lazy() {
        log.push("added");
        return 2;
      },
    };
    const built = procedure.use(({ next }) => next({ ctx: added })).query(({ ctx }) => Object.keys(ctx));
    expect(await callWith("ours", built, { ctx: contextIn(user, log) })).toStrictEqual(["rows", "lazy"]);
    expect(log).toStrictEqual([]);
  });

  it.each(["stock", "ours"] as const)("can be changed if a middleware added a frozen object: %s", async (runner) => {
    const built = procedure
      .use(({ next }) => next({ ctx: Object.freeze({ role: "member" }) }))
      .query(({ ctx }) => {
        (ctx as { role: string }).role = "admin";
        return ctx["role"];
      });
    expect(await callWith(runner, built, { ctx: contextIn(user, []) })).toBe("admin");
  });

  it.each(["stock", "ours"] as const)("can have its frozen getters replaced: %s", async (runner) => {
    const built = procedure
      .use(({ next }) =>
        next({
          ctx: Object.freeze({
            get tenant() {
              return "a";
            },
          }),
        }),
      )
      .use(({ next }) => next({ ctx: { tenant: "b", rows: 2 } }))
      .query(({ ctx }) => [ctx["tenant"], ctx["rows"]]);
    expect(await callWith(runner, built, { ctx: Object.freeze(contextIn(user, [])) })).toStrictEqual(["b", 2]);
  });

  it("keeps the setters of a middleware", async () => {
    const set: unknown[] = [];
    const added = Object.freeze({
      set name(value: unknown) {
        set.push(value);
      },
    });
    const built = procedure
      .use(({ next }) => next({ ctx: added }))
      .query(({ ctx }) => void ((ctx as { name: unknown }).name = 1));
    await callWith("ours", built, { ctx: contextIn(user, []) });
    expect(set).toStrictEqual([1]);
  });
});

describe("a mutation in an object", () => {
  const parseIn = (log: Log) => z.string().transform((text) => (log.push("parse"), `${text}!`));

  it("runs its resolver in one transaction, and its middlewares outside", async () => {
    const log: Log = [];
    const built = procedure
      .use(async ({ next }) => {
        log.push("before");
        const result = await next();
        log.push("after");
        return result;
      })
      .mutation(() => log.push("resolver"));
    await callWith("ours", built, { ctx: contextIn(user, log), type: "mutation" });
    expect(log).toStrictEqual(["before", "begin", "resolver", "end", "after"]);
  });

  it.each([false, true])("parses its output once, in the transaction, behind an input: %s", async (hasInput) => {
    const log: Log = [];
    const output = procedure.output(parseIn(log));
    const built = (hasInput ? output.input(z.undefined()) : output).mutation(() => "a");
    expect(await callWith("ours", built, { ctx: contextIn(user, log), type: "mutation" })).toBe("a!");
    expect(log).toStrictEqual(["begin", "parse", "end"]);
  });

  it("parses its output after the transaction behind a middleware that could have changed the result", async () => {
    const log: Log = [];
    const built = procedure
      .output(parseIn(log))
      .use(({ next }) => next())
      .mutation(() => "a");
    expect(await callWith("ours", built, { ctx: contextIn(user, log), type: "mutation" })).toBe("a!");
    expect(log).toStrictEqual(["begin", "end", "parse"]);
  });

  it("fails with tRPC's error if its output does not fit", async () => {
    const built = procedure.output(z.string()).mutation(() => 5);
    const options = { type: "mutation", ctx: contextIn(user, []) };
    await expect(callWith("ours", built, options)).rejects.toThrow("Output validation failed");
  });

  it("of another root runs in a transaction, too", async () => {
    const log: Log = [];
    const own = root.router({ create: procedure.mutation(() => log.push("resolver")) });
    const caller = initUserDO()
      .router({ own })
      .createCaller(contextIn(user, log) as never) as unknown as {
      own: { create: () => Promise<unknown> };
    };
    await caller.own.create();
    expect(log).toStrictEqual(["begin", "resolver", "end"]);
  });
});

describe("a procedure that the app's own code calls", () => {
  const t = initUserDO();
  const input = z.strictObject({ name: z.string() });
  const router = t.router({
    ofUser: t.userProcedure.input(input).query(({ input: given }) => given),
    ofOrganization: t.organizationProcedure.input(input).query(({ input: given }) => given),
  });
  type Caller = Record<keyof typeof router._def.record, (given: object) => Promise<unknown>>;
  const callerIn = (address: ObjectAddress): Caller => router.createCaller(contextIn(address, []) as never) as Caller;

  it("runs only in its own kind of object", async () => {
    expect(await callerIn(user).ofUser({ name: "x" })).toStrictEqual({ name: "x" });
    await expect(callerIn(organization).ofUser({ name: "x" })).rejects.toMatchObject({ reason: "WRONG_OBJECT" });
  });

  it("of an organization gets the input without organizationId, which must be the object's own", async () => {
    const { ofOrganization } = callerIn(organization);
    expect(await ofOrganization({ name: "x", organizationId: organization.id })).toStrictEqual({ name: "x" });
    const other = ofOrganization({ name: "x", organizationId: "2".repeat(32) });
    await expect(other).rejects.toMatchObject({ reason: "WRONG_ORGANIZATION" });
  });

  it("is checked by its own builder, too, if it is not in a router of initUserDO", async () => {
    const built = t.userProcedure.query(() => "secret");
    for (const runner of ["stock", "throughCaller", "ours"] as const)
      await expect(callWith(runner, built)).rejects.toMatchObject({ reason: "WRONG_OBJECT" });
    expect(runnable(built)).not.toBe(built);
  });
});
