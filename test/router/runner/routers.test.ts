import { callTRPCProcedure, lazy, TRPCError, type AnyTRPCProcedure, type AnyTRPCRouter } from "@trpc/server";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { initUserDO } from "../../../src/router/index.js";
import { runnable, withRunner } from "../../../src/router/runner/runnable.js";
import { procedure, root } from "./builder.js";
import { callWith } from "./compare.js";

const createRouters = {
  stock: (record: object): AnyTRPCRouter => root.router(record as never),
  ours: (record: object): AnyTRPCRouter => withRunner(root.router(record as never)),
};

const call = (router: AnyTRPCRouter, path: string, type = "query"): Promise<unknown> =>
  callTRPCProcedure({
    router,
    path,
    type,
    ctx: {},
    getRawInput: () => Promise.resolve({ name: "x" }),
    signal: undefined,
    batchIndex: 0,
  } as never);

describe.each(Object.entries(createRouters))("a router: %s", (_name, create) => {
  const query = procedure.query(({ path }) => path);

  it.each([
    ["q", "mutation"],
    ["q", "subscription"],
    ["missing", "query"],
    ["constructor", "query"],
    ["__proto__", "query"],
    ["q.then", "query"],
    ["", "query"],
  ])("does not find %j as a %s", async (path, type) => {
    const error = await call(create({ q: query }), path, type).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(TRPCError);
    expect(error).toMatchObject({ code: "NOT_FOUND", message: `No "${type}"-procedure on path "${path}"` });
  });

  it("loads nested lazy routers once, also for calls at the same time", async () => {
    let loads = 0;
    const router = create({
      a: lazy(() => {
        loads++;
        return Promise.resolve(create({ b: lazy(() => Promise.resolve(create({ c: query }))), d: query }) as never);
      }),
    });
    const paths = ["a.b.c", "a.d", "a.b.c"];
    expect(await Promise.all(paths.map((path) => call(router, path)))).toStrictEqual(paths);
    expect(loads).toBe(1);
    await expect(call(router, "a.missing")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("fails the calls of a lazy router that does not load", async () => {
    const router = create({ bad: lazy(() => Promise.reject(new Error("no module"))) });
    await expect(call(router, "bad.x")).rejects.toThrow("no module");
  });

  it("passes itself to the procedures", async () => {
    const router: AnyTRPCRouter = create({ q: procedure.query((options) => "router" in options) });
    expect(await call(router, "q")).toBe(true);
  });

  it("calls procedures through createCaller, at any depth", async () => {
    const nested = { q: procedure.input(z.object({ name: z.string() })).query(({ input, ctx }) => [input, ctx]) };
    const router = create({ ...nested, nested: { deep: create(nested) } });
    const caller = router.createCaller({ a: 1 }) as unknown as Record<"q", (input: object) => unknown> & {
      nested: { deep: typeof nested };
    };
    expect(await caller.q({ name: "x" })).toStrictEqual([{ name: "x" }, { a: 1 }]);
    const deep = caller.nested.deep.q as unknown as (input: object) => Promise<unknown>;
    expect(await deep({ name: "y" })).toStrictEqual([{ name: "y" }, { a: 1 }]);
    await expect(deep({ name: 5 })).rejects.toMatchObject({ code: "BAD_REQUEST" });
  });

  it("rejects a call of a procedure as a function, as in a browser", async () => {
    const router = create({ q: query }) as unknown as { q: (options?: unknown) => Promise<unknown> };
    await expect(router.q()).rejects.toThrow("client-only");
    await expect(router.q({ ctx: {} })).rejects.toThrow("client-only");
  });
});

describe("a procedure with a caller of its own", () => {
  const built = procedure
    .use(({ next }) => next({ ctx: { b: 2 } }))
    .experimental_caller(async ({ args, invoke, _def }) => [args, _def.type, await invoke(args[0])])
    .query(({ ctx }) => ctx);

  it.each(["stock", "ours"] as const)("runs it in front of all steps: %s", async (runner) => {
    expect(await callWith(runner, built)).toStrictEqual([[expect.objectContaining({ path: "p" })], "query", { b: 2 }]);
  });

  it("passes all arguments of a call as a function", async () => {
    const echo = procedure.experimental_caller(({ args }) => args).query(() => 1);
    const run = runnable(echo) as unknown as (...args: unknown[]) => Promise<unknown>;
    expect(await run(1, 2)).toStrictEqual([1, 2]);
    expect(run).toHaveProperty("_def", echo._def);
  });
});

describe("the procedures of initUserDO's routers", () => {
  const t = initUserDO();
  const built = t.userProcedure.meta({ a: 1 }).query(() => 1);

  it("have the definition of the original, and are the same in each router", () => {
    const one = t.router({ built, nested: { built } });
    const merged = t.mergeRouters(one, t.router({ other: built }));
    const found = [one.built, one.nested.built, merged.other, ...Object.values(merged._def.procedures)] as unknown[];
    for (const each of found) {
      expect(each).toBe(runnable(built));
      expect((each as AnyTRPCProcedure)._def).toBe(built._def);
    }
    expect(runnable(one.built)).toBe(one.built);
    expect(built._def.meta).toStrictEqual({ a: 1 });
    expect(one.built.meta).toStrictEqual({ a: 1 });
  });

  it("are those of a nested router of another root, too", async () => {
    const other = createRouters.stock({ built, free: procedure.query(() => "free") });
    const caller = t.router({ other }).createCaller({} as never) as unknown as {
      other: Record<"built" | "free", () => Promise<unknown>>;
    };
    await expect(caller.other.built()).rejects.toMatchObject({ code: "FORBIDDEN", reason: "WRONG_OBJECT" });
    expect(await caller.other.free()).toBe("free");
  });
});
