import { TRPCError } from "@trpc/server";
import { expect, it } from "vitest";
import { z } from "zod";
import { middleware, procedure } from "./builder.js";
import { callWith, outcomesOf, type Case } from "./compare.js";

const date = new Date(0);
const conflict = new TRPCError({ code: "CONFLICT", message: "Taken." });
const fail = (error: unknown) => (): never => {
  throw error;
};

class Name {
  readonly a = 1;
}

/** A schema of another library, which only implements Standard Schema. */
const standard = {
  "~standard": {
    version: 1 as const,
    vendor: "test",
    validate: (value: unknown) =>
      typeof value === "number" ? { value: value * 2 } : { issues: [{ message: "Not a number." }] },
  },
};

const inputs: readonly Case[] = [
  {
    name: "passes the raw input to each parser, and merges the results",
    procedure: () =>
      procedure
        .input(z.object({ a: z.string(), c: z.string().transform((text) => `${text}!`) }))
        .input(z.object({ b: z.number().default(5), c: z.string() }))
        .query(({ input }) => input),
    options: { raw: { a: "x", c: "y" } },
    expected: { data: { a: "x", b: 5, c: "y" } },
  },
  ...[5, [1], undefined, null, "text"].map((value) => ({
    name: `replaces the input by a later result that is not an object: ${JSON.stringify(value)}`,
    procedure: () =>
      procedure
        .input(() => ({ a: 1 }))
        .input(() => value)
        .query(({ input }) => input),
    expected: { data: value },
  })),
  {
    name: "keeps the first result as it is, and copies an instance that is merged",
    procedure: () =>
      procedure
        .input(() => new Name())
        .use(({ input, next }) => next({ ctx: { isName: input instanceof Name } }))
        .input(() => ({ b: 2 }))
        .query(({ input, ctx }) => [ctx.isName, input instanceof Name, input]),
    expected: { data: [true, false, { a: 1, b: 2 }] },
  },
  {
    name: "passes a Date of a parser",
    procedure: () => procedure.input(() => date).query(({ input }) => input === date),
    expected: { data: true },
  },
  {
    name: "merges the input of a middleware with the result of a later parser",
    procedure: () =>
      procedure
        .use(({ next }) => next({ input: { m: 1 } }))
        .input(z.object({ a: z.string() }))
        .query(({ input }) => input),
    options: { raw: { a: "x" } },
    expected: { data: { m: 1, a: "x" } },
  },
  {
    name: "awaits an asynchronous parser",
    procedure: () => procedure.input(z.string().refine(() => Promise.resolve(true))).query(({ input }) => input),
    options: { raw: "x" },
    expected: { data: "x" },
  },
  {
    name: "uses a Standard Schema",
    procedure: () => procedure.input(standard).query(({ input }) => input),
    options: { raw: 2 },
    expected: { data: 4 },
  },
  {
    name: "rejects an input with the error of a Standard Schema",
    procedure: () => procedure.input(standard).query(() => 1),
    options: { raw: "2" },
    expected: { error: { code: "BAD_REQUEST", message: "Not a number." } },
  },
  {
    name: "rejects an input with the error of its parser as the cause",
    procedure: () => procedure.input(z.string()).query(() => 1),
    options: { raw: 1 },
    expected: {
      error: { class: "TRPCError", code: "BAD_REQUEST", cause: expect.objectContaining({ class: "ZodError" }) },
    },
  },
  {
    name: "makes a TRPCError of a parser the cause of BAD_REQUEST",
    procedure: () => procedure.input(fail(conflict)).query(() => 1),
    expected: {
      error: { code: "BAD_REQUEST", message: "Taken.", cause: expect.objectContaining({ code: "CONFLICT" }) },
    },
  },
  {
    name: "throws the TRPCError of getRawInput",
    procedure: () => procedure.input(z.any()).query(() => 1),
    options: { getRawInput: () => Promise.reject(conflict) },
    expected: { error: { code: "CONFLICT", message: "Taken." } },
  },
  {
    name: "makes another error of getRawInput an unexpected one",
    procedure: () => procedure.input(z.any()).query(() => 1),
    options: { getRawInput: () => Promise.reject(new Error("no body")) },
    expected: { error: { code: "INTERNAL_SERVER_ERROR", message: "no body" } },
  },
  {
    name: "parses where the input was declared",
    procedure: (log) =>
      procedure
        .use(({ input, next }) => (log.push(input), next()))
        .input(z.string())
        .use(({ input, next }) => (log.push(input), next()))
        .query(() => 1),
    options: { raw: "x" },
    expected: { data: 1, log: [undefined, "x"] },
  },
  {
    name: "does not parse behind a middleware that throws",
    procedure: (log) =>
      procedure
        .use(fail(conflict))
        .input((raw) => log.push(raw))
        .query(() => 1),
    expected: { error: { code: "CONFLICT" }, log: [] },
  },
];

const outputs: readonly Case[] = [
  {
    name: "parses an output once, asynchronously, and returns the parsed one",
    procedure: (log) =>
      procedure.output((value) => (log.push(value), Promise.resolve(`${String(value)}!`))).query(() => "a"),
    expected: { data: "a!", log: ["a"] },
  },
  {
    name: "passes the parsed output to middlewares before it, and the resolver's to those behind it",
    procedure: (log) => {
      const look = middleware(async ({ next }) => {
        const result = await next();
        log.push(result);
        return result;
      });
      return procedure
        .use(look)
        .output((value) => `${String(value)}!`)
        .use(look)
        .query(() => "a");
    },
    expected: { data: "a!", log: [expect.objectContaining({ data: "a" }), expect.objectContaining({ data: "a!" })] },
  },
  {
    name: "passes the whole result of the steps behind an output",
    procedure: (log) =>
      procedure
        .use(async ({ next }) => {
          const result = await next();
          log.push(result, Object.keys(result).toSorted());
          return result;
        })
        .output(z.string())
        .input(z.string())
        .query(({ input }) => input),
    options: { raw: "x", ctx: { a: 1 } },
    expected: { data: "x", log: [{ ok: true, data: "x", ctx: { a: 1 } }, ["ctx", "data", "marker", "ok"]] },
  },
  {
    name: "rejects an output with the error of its parser as the cause",
    procedure: () => procedure.output(z.string()).query(() => 5),
    expected: {
      error: {
        code: "INTERNAL_SERVER_ERROR",
        message: "Output validation failed",
        cause: expect.objectContaining({ class: "ZodError" }),
      },
    },
  },
  {
    name: "makes a TRPCError of an output parser the cause",
    procedure: () => procedure.output(fail(conflict)).query(() => 5),
    expected: { error: { message: "Output validation failed", cause: expect.objectContaining({ code: "CONFLICT" }) } },
  },
  {
    name: "does not parse the output of a call that failed",
    procedure: (log) => procedure.output((value) => log.push(value)).query(fail(conflict)),
    expected: { error: { code: "CONFLICT" }, log: [] },
  },
  {
    name: "parses the output that a middleware behind it returns",
    procedure: () =>
      procedure
        .output((value) => `${String(value)}!`)
        .use(async ({ next }) => ({ ...(await next()), data: "changed" }))
        .query(() => "a"),
    expected: { data: "changed!" },
  },
  {
    name: "parses the output of a mutation",
    procedure: (log) => procedure.output((value) => (log.push(value), value)).mutation(() => Promise.resolve("a")),
    options: { type: "mutation" },
    expected: { data: "a", log: ["a"] },
  },
];

it.each([...inputs, ...outputs])("$name", async ({ expected, ...given }) => {
  const { stock, throughCaller, ours } = await outcomesOf(given);
  expect(ours).toStrictEqual(stock);
  expect(stock).toMatchObject(expected);
  expect(throughCaller).toStrictEqual(stock);
});

it.each(["stock", "ours"] as const)("asks for the raw input once for each parser and each read: %s", async (runner) => {
  let reads = 0;
  const options = { getRawInput: () => Promise.resolve({ read: ++reads }) };
  await callWith(
    runner,
    procedure.use(({ next }) => next()).query(() => 1),
    options,
  );
  expect(reads).toBe(0);
  const parsed = procedure
    .input(z.object({}))
    .input(z.object({ read: z.number() }))
    .use(async ({ input, getRawInput, next }) => next({ input: [input, await getRawInput()] }))
    .query(({ input }) => input);
  expect(await callWith(runner, parsed, options)).toStrictEqual([{ read: 2 }, { read: 3 }]);
});
