import { getTRPCErrorShape, TRPCError } from "@trpc/server";
import { observable } from "@trpc/server/observable";
import { expect, it } from "vitest";
import { middleware, procedure, root, type StepResult } from "./builder.js";
import { callWith, outcomesOf, type Case, type Log, type RunnerName } from "./compare.js";

const conflict = new TRPCError({ code: "CONFLICT", message: "Taken." });
const fail = (error: unknown) => (): never => {
  throw error;
};

class OwnError extends TRPCError {}
const own = new OwnError({ code: "NOT_FOUND", message: "Gone." });
const named = Object.assign(new Error("Gone."), { name: "TRPCError", code: "NOT_FOUND" });
const plain = new RangeError("Too far.");
const source = observable(() => {});
const inner = Promise.resolve(1);

/** A value with a `then` that is not a Promise. */
// oxlint-disable-next-line unicorn/no-thenable -- what the runner has to await
const thenable = (then: unknown): object => ({ then });

/** A middleware that writes the result of the steps behind it to the log. */
const look = (log: Log) =>
  middleware(async ({ next }) => {
    const result = await next({ ctx: { a: 1 } });
    log.push(Object.keys(result).toSorted(), result.ok, result.data, result.marker);
    return result;
  });
const change = (with_: (result: StepResult) => unknown) =>
  middleware(async ({ next }) => {
    const result = await next();
    return with_(result);
  });

const results: readonly Case[] = [
  {
    name: "resolves next() with the result of a success",
    procedure: (log) =>
      procedure
        .use(look(log))
        .use(look(log))
        .query(() => 5),
    expected: {
      data: 5,
      log: [0, 0].flatMap(() => [["ctx", "data", "marker", "ok"], true, 5, "middlewareMarker"]),
    },
  },
  {
    name: "resolves next() with the error of a failure, at each level",
    procedure: (log) => procedure.use(look(log)).use(look(log)).query(fail(conflict)),
    expected: {
      error: { code: "CONFLICT" },
      log: [0, 0].flatMap(() => [["error", "marker", "ok"], false, undefined, "middlewareMarker"]),
    },
  },
  {
    name: "resolves next() if the next middleware throws before its first await",
    procedure: (log) =>
      procedure
        .use(look(log))
        .use(fail(plain))
        .query(() => 1),
    expected: {
      error: { message: "Too far." },
      log: [["error", "marker", "ok"], false, undefined, "middlewareMarker"],
    },
  },
  {
    name: "returns what a middleware returns instead of a failure",
    procedure: () =>
      procedure.use(change((result) => ({ ...result, ok: true, data: "rescued" }))).query(fail(conflict)),
    expected: { data: "rescued" },
  },
  {
    name: "returns the data that a middleware changed",
    procedure: () => procedure.use(change((result) => ({ ...result, data: 2 }))).query(() => 1),
    expected: { data: 2 },
  },
  {
    name: "fails with the error of a middleware's own result",
    procedure: () => procedure.use(change((result) => ({ ...result, ok: false, error: conflict }))).query(() => 1),
    expected: { error: { code: "CONFLICT" } },
  },
  {
    name: "throws the value of a middleware's own result, even if it is not an error of tRPC",
    procedure: () => procedure.use(() => ({ ok: false, error: plain })).query(() => 1),
    expected: { error: { class: "RangeError", message: "Too far." } },
  },
  {
    name: "fails if a middleware throws after next()",
    procedure: () => procedure.use(change(fail(conflict))).query(() => 1),
    expected: { error: { code: "CONFLICT" } },
  },
  ...[undefined, null, false].map((nothing) => ({
    name: `fails if the first middleware returns ${String(nothing)}`,
    procedure: () => procedure.use(change(() => nothing)).query(() => 1),
    expected: {
      error: {
        code: "INTERNAL_SERVER_ERROR",
        message: "No result from middlewares - did you forget to `return next()`?",
      },
    },
  })),
  {
    name: "does not require a result of a later middleware",
    procedure: (log) =>
      procedure
        .use(async ({ next }) => {
          log.push(await next());
          return { ok: true, data: "own" };
        })
        .use(() => undefined)
        .query(() => 1),
    expected: { data: "own", log: [undefined] },
  },
  {
    name: "skips the rest if a middleware does not call next()",
    procedure: (log) => procedure.use(() => ({ ok: true, data: 1 })).query(() => log.push("resolver")),
    expected: { data: 1, log: [] },
  },
  ...[undefined, null, 0, "", false, [1]].map((data) => ({
    name: `returns ${JSON.stringify(data)} as it is`,
    procedure: () => procedure.query(() => data),
    expected: { data },
  })),
  {
    name: "returns an object whose `then` is not a function",
    procedure: () => procedure.query(() => thenable(5)),
    expected: { data: thenable(5) },
  },
  {
    name: "awaits a thenable",
    procedure: () => procedure.query(() => thenable((resolve: (value: number) => void) => resolve(5))),
    expected: { data: 5 },
  },
  {
    name: "fails with the rejection of a thenable",
    procedure: () =>
      procedure.query(() => thenable((_: unknown, reject: (error: unknown) => void) => reject(conflict))),
    expected: { error: { code: "CONFLICT" } },
  },
  {
    name: "returns an observable and a nested promise as they are",
    procedure: () => procedure.query(() => [source, { inner }]),
    expected: { data: [source, { inner }] },
  },
];

const errors: readonly Case[] = [
  ...(
    [
      ["a plain error", plain, { code: "INTERNAL_SERVER_ERROR", message: "Too far.", cause: { class: "RangeError" } }],
      ["a text", "text", { code: "INTERNAL_SERVER_ERROR", message: "text", cause: { message: "text" } }],
      ["an object", { foo: "bar" }, { code: "INTERNAL_SERVER_ERROR", cause: { foo: "bar" } }],
      ["undefined", undefined, { code: "INTERNAL_SERVER_ERROR", message: "INTERNAL_SERVER_ERROR" }],
    ] as const
  ).map(([name, thrown, error]) => ({
    name: `makes ${name} an unexpected error`,
    procedure: () => procedure.use(({ next }) => next()).query(fail(thrown)),
    expected: { error },
  })),
  {
    name: "keeps the stack of a plain error",
    procedure: () =>
      procedure.use(change(({ error }) => ({ ok: true, data: (error as Error).stack }))).query(fail(plain)),
    expected: { data: plain.stack },
  },
];

it.each([...results, ...errors])("$name", async ({ expected, ...given }) => {
  const { stock, throughCaller, ours } = await outcomesOf(given);
  expect(ours).toStrictEqual(stock);
  expect(stock).toMatchObject(expected);
  expect(throughCaller).toStrictEqual(stock);
});

const everyRunner: readonly RunnerName[] = ["stock", "throughCaller", "ours"];

it.each(everyRunner)("throws an error of tRPC as the same object: %s", async (runner) => {
  for (const thrown of [conflict, own, named]) {
    const built = procedure.use(({ next }) => next()).query(fail(thrown));
    await expect(callWith(runner, built)).rejects.toBe(thrown);
  }
});

it("fails a resolver that calls next(), with a message of our own", async () => {
  const procedureOf = () => procedure.query(async ({ next }) => Promise.reject((await next()).error as Error));
  const { stock, ours } = await outcomesOf({ procedure: procedureOf });
  expect(stock).toMatchObject({ error: { code: "INTERNAL_SERVER_ERROR" } });
  expect(ours).toMatchObject({
    error: { code: "INTERNAL_SERVER_ERROR", message: expect.stringContaining("last step") },
  });
});

/** The name of the formatter that shaped an error. */
const formattedBy = (error: TRPCError): unknown => {
  const options = { config: root._config, error, type: "query", path: "p", input: undefined, ctx: {} } as const;
  return (getTRPCErrorShape(options).data as { readonly by?: unknown }).by;
};
const mark =
  (by: string) =>
  ({ shape }: { readonly shape: { readonly data: object } }) => ({ ...shape, data: { ...shape.data, by } });

it.each(everyRunner)("formats an error with the formatter nearest to the resolver: %s", async (runner) => {
  const error = new TRPCError({ code: "CONFLICT" });
  const built = procedure.errors(mark("outer")).errors(mark("inner")).query(fail(error));
  await expect(callWith(runner, built)).rejects.toBe(error);
  expect(formattedBy(error)).toBe("inner");
});

it.each(everyRunner)("formats an error that a generator throws later: %s", async (runner) => {
  const error = new TRPCError({ code: "CONFLICT" });
  const built = procedure.errors(mark("own")).subscription(async function* () {
    yield await inner;
    throw error;
  });
  const iterator = (await callWith(runner, built, { type: "subscription" })) as AsyncGenerator;
  expect(await iterator.next()).toStrictEqual({ value: 1, done: false });
  await expect(iterator.next()).rejects.toBe(error);
  expect(formattedBy(error)).toBe("own");
});

it.each(everyRunner)("starts a generator with its first event, and passes it the same signal: %s", async (runner) => {
  const { signal } = new AbortController();
  let started = false;
  const built = procedure.subscription(async function* (options) {
    started = true;
    yield await inner;
    yield options.signal === signal;
  });
  const iterator = (await callWith(runner, built, { type: "subscription", signal })) as AsyncGenerator;
  expect(started).toBe(false);
  await iterator.next();
  expect(await iterator.next()).toStrictEqual({ value: true, done: false });
});

it.each(["stock", "ours"] as const)("runs the first step synchronously: %s", async (runner) => {
  const started: string[] = [];
  const first = callWith(
    runner,
    procedure.query(() => started.push("resolver")),
  );
  const second = callWith(
    runner,
    procedure.use(({ next }) => (started.push("middleware"), next())).query(() => 1),
  );
  expect(started).toStrictEqual(["resolver", "middleware"]);
  await Promise.all([first, second]);
});
