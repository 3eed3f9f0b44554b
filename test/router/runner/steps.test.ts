import { expect, it } from "vitest";
import { z } from "zod";
import { middleware, procedure, type StepOptions } from "./builder.js";
import { outcomesOf, type Case } from "./compare.js";

const symbol = Symbol("key");
const { signal } = new AbortController();
const lib = procedure.meta({ b: 2 }).use(({ next }) => next({ ctx: { lib: true } }));
const add = (name: string) => middleware(({ ctx, next }) => next({ ctx: { order: [...orderIn(ctx), name] } }));
const orderIn = (ctx: object): unknown[] => (ctx as { order?: unknown[] }).order ?? [];

class Context {
  get inherited(): number {
    return 1;
  }
}

const cases: readonly Case[] = [
  {
    name: "passes all options to middlewares and the resolver",
    procedure: (log) => {
      const look = ({ next, getRawInput, ...others }: StepOptions): void =>
        void log.push({ ...others, next: typeof next, getRawInput: typeof getRawInput });
      return procedure
        .meta({ a: 1 })
        .use((options) => {
          look(options);
          return options.next();
        })
        .query((options) => look(options));
    },
    options: { path: "p", signal, batchIndex: 7, other: 5 },
    expected: {
      log: Array.from({ length: 2 }, () =>
        expect.objectContaining({ path: "p", type: "query", signal, batchIndex: 7, other: 5, meta: { a: 1 }, ctx: {} }),
      ),
    },
  },
  {
    name: "passes the meta of the procedure, not the one of the caller",
    procedure: () => procedure.meta({ a: 1 }).query(({ meta }) => meta),
    options: { meta: { a: 2 } },
    expected: { data: { a: 1 } },
  },
  {
    name: "passes no meta if the procedure has none",
    procedure: () => procedure.query(({ meta }) => meta),
    options: { meta: { a: 2 } },
    expected: { data: undefined },
  },
  {
    name: "passes the input of the caller until a step replaces it",
    procedure: () => procedure.query(({ input }) => input),
    options: { input: "given" },
    expected: { data: "given" },
  },
  {
    name: "passes the same context if nothing is added",
    procedure: (log) =>
      procedure
        .use(({ ctx, next }) => (log.push(ctx.inherited), next()))
        .use(({ next }) => next({}))
        .use(({ next }) => next({ ctx: undefined }))
        .use(({ next }) => next({ ctx: null }))
        .query(({ ctx }) => ctx instanceof Context),
    options: { ctx: new Context() },
    expected: { data: true, log: [1] },
  },
  {
    name: "adds to a copy of the context, from there on",
    procedure: (log) =>
      procedure
        .use(async ({ ctx, next }) => {
          const result = await next({ ctx: { a: 1 } });
          log.push("a" in ctx);
          return result;
        })
        .use(({ ctx, next }) => (log.push(ctx.a), next({ ctx: { a: 2, b: 3 } })))
        .query(({ ctx }) => void log.push({ ...ctx })),
    options: { ctx: { z: 0 } },
    expected: { log: [1, { z: 0, a: 2, b: 3 }, false] },
  },
  {
    name: "adds symbols and undefined values",
    procedure: () =>
      procedure
        .use(({ next }) => next({ ctx: { [symbol]: 1, gone: undefined } }))
        .query(({ ctx }) => [ctx[symbol], "gone" in ctx, ctx.gone, ctx["kept"]]),
    options: { ctx: { gone: 1, kept: 2 } },
    expected: { data: [1, true, undefined, 2] },
  },
  {
    name: "reads the getters of the context once when it is extended, outside of an object",
    procedure: (log) =>
      procedure
        .use(({ next }) => next({ ctx: { a: 1 } }))
        .query(
          ({ ctx }) => void log.push(ctx["own"], ctx["own"], ctx["inherited"], ctx["__proto__"] === Object.prototype),
        ),
    options: () => {
      let reads = 0;
      return { ctx: Object.defineProperty(new Context(), "own", { enumerable: true, get: () => ++reads }) };
    },
    expected: { log: [1, 1, undefined, true] },
  },
  {
    name: "starts a second next() from what the middleware had",
    procedure: (log) =>
      procedure
        .use(async ({ next }) => {
          await next({ ctx: { a: 1 }, input: 1, getRawInput: () => Promise.resolve("first") });
          return next();
        })
        .query(async ({ ctx, input, getRawInput }) => void log.push([ctx["a"], input, await getRawInput()])),
    options: { raw: "raw" },
    expected: {
      log: [
        [1, 1, "first"],
        [undefined, undefined, "raw"],
      ],
    },
  },
  {
    name: "runs the rest for each of several calls of next() at once",
    procedure: (log) =>
      procedure
        .use(async ({ next }) => (await Promise.all([next(), next(), next()]))[2])
        .query(() => log.push("resolver")),
    expected: { data: 3, log: ["resolver", "resolver", "resolver"] },
  },
  {
    name: "does not see changes that a middleware makes to its options",
    procedure: () =>
      procedure
        .use((options) => {
          Object.assign(options, { ctx: { changed: true }, input: "changed", path: "changed" });
          return options.next();
        })
        .query(({ ctx, input, path }) => [ctx, input, path]),
    expected: { data: [{}, undefined, "p"] },
  },
  {
    name: "replaces the input, also by undefined, and keeps it without the key",
    procedure: (log) =>
      procedure
        .use(({ next }) => next({ input: { a: 1 } }))
        .use(({ input, next }) => (log.push(input), next({})))
        .use(({ input, next }) => (log.push(input), next({ input: undefined })))
        .query(({ input }) => void log.push(input)),
    expected: { log: [{ a: 1 }, { a: 1 }, undefined] },
  },
  {
    name: "does not await an input that a middleware passes",
    procedure: () =>
      procedure.use(({ next }) => next({ input: Promise.resolve(1) })).query(({ input }) => input instanceof Promise),
    expected: { data: true },
  },
  {
    name: "passes another getRawInput to all steps behind, past later calls of next()",
    procedure: () =>
      procedure
        .use(({ next }) => next({ getRawInput: () => Promise.resolve({ a: "swapped" }) }))
        .use(({ next }) => next({ ctx: { c: 1 } }))
        .input(z.object({ a: z.string() }))
        .query(async ({ input, getRawInput }) => [input, await getRawInput()]),
    options: { raw: { a: "raw" } },
    expected: { data: [{ a: "swapped" }, { a: "swapped" }] },
  },
  {
    name: "runs what concat() adds behind, and merges inputs and metas",
    procedure: () =>
      procedure
        .meta({ a: 1 })
        .input(z.object({ x: z.string() }))
        .concat(lib.input(z.object({ y: z.string() })))
        .query(({ input, ctx, meta }) => [input, ctx, meta]),
    options: { raw: { x: "1", y: "2" } },
    expected: { data: [{ x: "1", y: "2" }, { lib: true }, { a: 1, b: 2 }] },
  },
  {
    name: "runs the parts of a piped middleware in their order",
    procedure: () =>
      procedure.use(add("one").unstable_pipe(add("two")).unstable_pipe(add("three"))).query(({ ctx }) => ctx["order"]),
    expected: { data: ["one", "two", "three"] },
  },
  {
    name: "runs 500 middlewares",
    procedure: () => {
      let builder = procedure;
      for (let count = 0; count < 500; count++)
        builder = builder.use(({ ctx, next }) => next({ ctx: { n: Number(ctx["n"] ?? 0) + 1 } })) as never;
      return builder.query(({ ctx }) => ctx["n"]);
    },
    expected: { data: 500 },
  },
];

it.each(cases)("$name", async ({ expected, ...given }) => {
  const { stock, throughCaller, ours } = await outcomesOf(given);
  expect(ours).toStrictEqual(stock);
  expect(stock).toMatchObject(expected);
  expect({ ...throughCaller, log: [] }).toStrictEqual({ ...stock, log: [] });
});
