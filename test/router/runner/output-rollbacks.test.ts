import { TRPCError } from "@trpc/server";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { z as z3 } from "zod/v3";
import { SERVICES, type ObjectServices } from "../../../src/router/services.js";
import { procedure, type Builder, type StepResult } from "./builder.js";
import { callWith, type RunnerName } from "./compare.js";

const refused = { code: "INTERNAL_SERVER_ERROR", message: "Output validation failed" };
const runners: readonly RunnerName[] = ["stock", "ours"];

/** The context of a call in an object that stores rows in a list. A transaction that throws is rolled back. */
function createStorage() {
  const rows: string[] = [];
  const services: ObjectServices = {
    address: { type: "user", id: "0".repeat(32) },
    setSession() {},
    atomic(work) {
      const before = [...rows];
      try {
        return work();
      } catch (cause) {
        rows.splice(0, rows.length, ...before);
        throw cause;
      }
    },
  };
  return { rows, ctx: { [SERVICES]: services } };
}

type Storage = ReturnType<typeof createStorage>;

/** Runs a mutation that writes a row and returns `result`. Returns the reply and the stored rows. */
async function run(runner: RunnerName, build: (storage: Storage) => Builder, result: () => unknown = () => 5) {
  const storage = createStorage();
  const built = build(storage).mutation(() => {
    storage.rows.push("written");
    return result();
  });
  let reply: unknown;
  try {
    reply = { data: await callWith(runner, built, { ctx: storage.ctx, type: "mutation" }) };
  } catch (error) {
    const { code, message, cause } = error as TRPCError;
    reply = { code, message, cause };
  }
  return { reply, rows: [...storage.rows] };
}

/** A schema of a library that only implements Standard Schema. */
const standard = (validate: (value: unknown) => unknown) => ({ "~standard": { version: 1, vendor: "test", validate } });

describe("a mutation whose result does not fit its output", () => {
  it("stores nothing", async () => {
    const { reply, rows } = await run("ours", () => procedure.output(z.string()));
    expect(reply).toMatchObject(refused);
    expect(rows).toEqual([]);
  });

  it("stores nothing and fails, even if the parser accepts the result once the writes are rolled back", async () => {
    const build = ({ rows }: Storage) => procedure.output(z.number().refine(() => rows.length === 0));
    const { reply, rows } = await run("ours", build);
    expect(reply).toMatchObject({ ...refused, cause: { message: expect.stringContaining("accepted it") as unknown } });
    expect(rows).toEqual([]);
    expect((await run("stock", build)).reply).toMatchObject(refused);
  });

  it("keeps its writes if a middleware between the output and the resolver could have changed the result", async () => {
    const build = () => procedure.output(z.string()).use(({ next }) => next());
    const { reply, rows } = await run("ours", build);
    expect(reply).toMatchObject(refused);
    expect(rows).toEqual(["written"]);
  });
});

describe.each(runners)("a successful mutation keeps its writes with the runner of %s", (runner) => {
  it("if its resolver returns a thenable that is not a Promise", async () => {
    // oxlint-disable-next-line unicorn/no-thenable -- as query builders and promises of Workers RPC are
    const thenable = () => ({ then: (resolve: (value: unknown) => void) => resolve({ id: 1 }) });
    const { reply, rows } = await run(runner, () => procedure.output(z.object({ id: z.number() })), thenable);
    expect(reply).toEqual({ data: { id: 1 } });
    expect(rows).toEqual(["written"]);
  });

  it("if a middleware behind the output changes the result so that it fits", async () => {
    const build = () =>
      procedure.output(z.object({ value: z.number() })).use(async ({ next }) => {
        const result: StepResult = await next();
        return result.ok ? { ...result, data: { value: result.data } } : result;
      });
    const { reply, rows } = await run(runner, build);
    expect(reply).toEqual({ data: { value: 5 } });
    expect(rows).toEqual(["written"]);
  });

  it.each([
    ["zod", z.number().refine(() => Promise.resolve(true))],
    ["zod 3", z3.number().refine(() => Promise.resolve(true))],
    ["another library", standard((value) => Promise.resolve({ value }))],
  ])("if its output has an asynchronous parser of %s", async (_, output) => {
    for (let call = 0; call < 2; call++) {
      const { reply, rows } = await run(runner, () => procedure.output(output));
      expect(reply).toEqual({ data: 5 });
      expect(rows).toEqual(["written"]);
    }
  });
});

describe("an output's parser that throws", () => {
  const error = new TRPCError({ code: "FORBIDDEN", message: "secret=1" });
  const fail = (): never => {
    throw error;
  };

  it.each(runners)("fails the mutation with tRPC's error, even if it throws one itself: %s", async (runner) => {
    const { reply, rows } = await run(runner, () => procedure.output(standard(fail)));
    expect(reply).toEqual({ ...refused, cause: error });
    expect(rows).toEqual(runner === "ours" ? [] : ["written"]);
  });

  it.each([
    {
      name: "schema that throws",
      output: z.unknown().transform((value) => (value === "throw" ? fail() : z.string().parse(value))),
      results: ["throw", "throw", 5],
    },
    {
      name: "schema that refuses before it throws",
      output: z.string().transform((text) => (text === "throw" ? fail() : text)),
      results: [5, "throw", 5],
    },
  ])("rolls back each call, with a zod $name", async ({ output, results }) => {
    for (const result of results) {
      const { reply, rows } = await run(
        "ours",
        () => procedure.output(output),
        () => result,
      );
      expect(reply).toMatchObject(refused);
      expect(rows).toEqual([]);
    }
  });
});
