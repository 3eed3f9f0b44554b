import { TRPCError, type AnyTRPCProcedure } from "@trpc/server";
import fc from "fast-check";
import { expect, it } from "vitest";
import { z } from "zod";
import { procedure, type Builder, type StepFunction, type StepOptions } from "./builder.js";
import { outcomesOf, type Log } from "./compare.js";

/** Adds a step with a number to a builder. */
type AddStep = (builder: Builder, log: Log, id: number) => Builder;

const conflict = (id: number) => new TRPCError({ code: "CONFLICT", message: `step ${id}` });
const key = (id: number): string => `k${id % 3}`;

/** The middlewares, which can run before their first await or after one. */
const actions: Readonly<Record<string, (options: StepOptions, id: number, log: Log) => unknown>> = {
  passes: ({ next }) => next(),
  passesNothing: ({ next }) => next({}),
  addsContext: ({ next }, id) => next({ ctx: { [key(id)]: id } }),
  extendsContext: ({ ctx, next }, id) => next({ ctx: { ...ctx, list: [ctx["list"], id] } }),
  replacesInput: ({ next }, id) => next({ input: { [key(id)]: id } }),
  clearsInput: ({ next }) => next({ input: undefined }),
  replacesRawInput: ({ next }, id) => next({ getRawInput: () => Promise.resolve({ a: `swapped ${id}` }) }),
  readsRawInput: async ({ getRawInput, next }, _id, log) => (log.push(["raw", await getRawInput()]), next()),
  throws: (_options, id) => {
    throw conflict(id);
  },
  throwsValue: (_options, id) => {
    throw { reason: id };
  },
  throwsAfter: async ({ next }, id) => {
    await next();
    throw new RangeError(`after ${id}`);
  },
  answers: (_options, id) => ({ ok: true, data: `answer ${id}` }),
  fails: (_options, id) => ({ ok: false, error: conflict(id) }),
  returnsNothing: () => undefined,
  forgetsToReturn: async ({ next }) => void (await next()),
  callsTwice: async ({ next }, id) => {
    await next({ ctx: { [key(id)]: "first" }, input: "first" });
    return next();
  },
  rescues: async ({ next }, id) => {
    const result = await next();
    return result?.ok ? result : { ...result, ok: true, data: `rescued ${id}` };
  },
  changesData: async ({ next }, id) => {
    const result = await next();
    return { ...result, data: [result?.data, id] };
  },
  changesOptions: (options) => {
    Object.assign(options, { ctx: {}, input: "changed", getRawInput: undefined });
    return options.next();
  },
};

const see = ({ ctx, input, meta, path, type, batchIndex }: StepOptions): unknown =>
  structuredClone({ ctx, input, meta, path, type, batchIndex });

const use = fc.record({ action: fc.constantFrom(...Object.keys(actions)), waits: fc.boolean() }).map(
  ({ action, waits }): AddStep =>
    (builder, log, id) =>
      builder.use(async (options) => {
        log.push([`${id} ${action}`, see(options)]);
        if (waits) await Promise.resolve();
        const result = (await actions[action]?.(options, id, log)) as { ok?: unknown; data?: unknown } | undefined;
        log.push([`${id} done`, result && Object.keys(result).toSorted(), result?.ok, result?.data]);
        return result;
      }),
);

/** A middleware that is not asynchronous, so that it throws before its first await. */
const useNow = fc.constantFrom(...Object.keys(actions)).map(
  (action): AddStep =>
    (builder, log, id) =>
      builder.use((options) => {
        log.push([`${id} ${action} now`, see(options)]);
        return actions[action]?.(options, id, log);
      }),
);

const parsers: readonly ((id: number) => unknown)[] = [
  () => z.object({ a: z.string() }),
  (id) => z.object({ b: z.number().default(id) }),
  () => z.string(),
  () => z.object({ a: z.string().refine((text) => Promise.resolve(text !== "bad")) }),
  (id) => () => id,
  (id) => () => Promise.resolve([id]),
  (id) => (): never => {
    throw conflict(id);
  },
];
const parser = fc.constantFrom(...parsers);
const input = parser.map(
  (create): AddStep =>
    (builder, _log, id) =>
      builder.input(create(id) as object),
);

const outputs: readonly ((id: number, log: Log) => (value: unknown) => unknown)[] = [
  (id, log) => (value) => (log.push([`output ${id}`, value]), [value]),
  (id, log) => (value) => (log.push([`output ${id}`, value]), Promise.resolve(value)),
  () => z.union([z.string(), z.array(z.unknown())]).parse,
];
const output = fc.constantFrom(...outputs).map(
  (create): AddStep =>
    (builder, log, id) =>
      // tRPC refuses a second output.
      (builder as unknown as { _def: { output?: unknown } })._def.output === undefined
        ? builder.output(create(id, log))
        : builder,
);
const errors: AddStep = (builder, log, id) =>
  builder.errors(({ shape }) => (log.push([`errors ${id}`, shape]), id % 2 === 0 ? shape : undefined));
const meta: AddStep = (builder, _log, id) => builder.meta({ [key(id)]: id });

const step = fc.oneof(
  { weight: 4, arbitrary: use },
  { weight: 3, arbitrary: useNow },
  { weight: 3, arbitrary: input },
  { weight: 1, arbitrary: output },
  { weight: 1, arbitrary: fc.constantFrom(errors, meta) },
);

const resolvers: Readonly<Record<string, StepFunction>> = {
  returns: () => "data",
  returnsInput: ({ input: given }) => given,
  waits: async ({ ctx }) => ({ list: await Promise.resolve(ctx["list"]) }),
  throws: () => {
    throw conflict(-1);
  },
  rejects: () => Promise.reject(new TypeError("rejected")),
  returnsNothing: () => undefined,
  readsRawInput: ({ getRawInput }) => getRawInput(),
};

const chain = fc.record({
  steps: fc.array(step, { maxLength: 8 }),
  resolver: fc.constantFrom(...Object.entries(resolvers)),
  type: fc.constantFrom("query" as const, "mutation" as const),
  raw: fc.constantFrom<unknown[]>({ a: "x" }, { a: "bad" }, { a: 5 }, "text", undefined),
});

it("does for any chain of steps what tRPC does", async () => {
  const property = fc.asyncProperty(chain, async ({ steps, resolver: [name, resolve], type, raw }) => {
    const build = (log: Log): AnyTRPCProcedure =>
      steps
        .reduce((builder, add, id) => add(builder, log, id), procedure)
        [type]((options) => (log.push([name, see(options)]), resolve(options)));
    const { stock, throughCaller, ours } = await outcomesOf({
      procedure: build,
      options: { raw, type, ctx: { z: 0 } },
    });
    expect(ours).toStrictEqual(stock);
    expect(throughCaller).toStrictEqual(stock);
  });
  await fc.assert(property, { numRuns: 1_000 });
});
