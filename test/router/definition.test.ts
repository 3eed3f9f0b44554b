import { lazy, type inferRouterOutputs } from "@trpc/server";
import { describe, expect, it, test } from "vitest";
import { z } from "zod";
import { definitionOf } from "../../src/router/definition.js";
import { initUserDO } from "../../src/router/index.js";

const t = initUserDO();
const anything = t.procedure.query(() => 1);

test("accepts an app's router beside the built-in ones", () => {
  expect(definitionOf(t.router({ ...t.builtin, own: anything })).builtin).toBe(t.builtin);
  expect(definitionOf(t.router({ own: anything })).builtin).toBe(t.builtin);
});

test("finds the built-in routers in merged routers", () => {
  const merged = t.mergeRouters(t.router({ ...t.builtin, own: anything }), t.router({ other: anything }));
  expect(definitionOf(merged).builtin).toBe(t.builtin);
  expect(Object.keys(merged._def.procedures)).toEqual(expect.arrayContaining(["own", "other", "auth.login"]));
  const twice = t.mergeRouters(t.router({ more: t.router({ own: anything }) }), merged);
  expect(Object.keys(twice._def.procedures)).toEqual(expect.arrayContaining(["more.own", "own", "auth.login"]));
});

test.each(["auth", "kv", "_live"])("rejects an app's router that is called %s", (name) => {
  const record = { ...t.builtin, [name]: anything };
  expect(() => definitionOf(t.router(record))).toThrow(`"${name}", which is the name of a built-in router`);
  expect(() => definitionOf(t.mergeRouters(t.router({ [name]: anything })))).toThrow("a built-in router");
});

test.each(["auth", "kv", "_live", "organizations"])("rejects a lazy router that is called %s", (name) => {
  const own = lazy(() => Promise.resolve({ own: t.router({ own: anything }) }));
  expect(() => definitionOf(t.router({ ...t.builtin, [name]: own }))).toThrow(
    `"${name}", which is the name of a built-in router`,
  );
  expect(() => definitionOf(t.router({ [name]: own }))).toThrow("a built-in router");
  expect(definitionOf(t.router({ ...t.builtin, own, nested: { [name]: own } })).builtin).toBe(t.builtin);
});

describe("the input key organizationId", () => {
  const key = z.object({ organizationId: z.string() });
  const inputs = {
    "an object": key,
    "an optional object": key.optional(),
    "an object with a default": key.default({ organizationId: "x" }),
    "an object of a union": z.union([z.object({ id: z.string() }), key]),
    "an object of a discriminated union": z.discriminatedUnion("kind", [key.extend({ kind: z.literal("a") })]),
    "an intersection": z.intersection(z.object({ id: z.string() }), key),
    "a transformed object": key.transform(({ organizationId }) => organizationId),
    "a preprocessed object": z.preprocess((value) => value, key),
  };

  it.each(Object.entries(inputs))("is rejected in %s, for procedures of another kind", (_name, input) => {
    for (const procedure of [t.procedure, t.userProcedure]) {
      const built = (procedure as typeof t.procedure).input(input).query(() => 1);
      expect(() => t.router({ nested: { own: built } })).toThrow(
        '"nested.own" declares the input key "organizationId"',
      );
    }
  });

  it("is rejected below any name that a router may have", () => {
    const own = t.userProcedure.input(key).query(() => 1);
    expect(() => t.router({ _defaults: { own } })).toThrow('"_defaults.own" declares the input key');
  });

  it("is accepted in nested values, in the output of a transform, and in an organization's procedure", () => {
    interface Node {
      readonly children: Node[];
    }
    const Tree: z.ZodType<Node> = z.object({ children: z.array(z.lazy(() => Tree)) });
    const taken = [z.object({ about: key }), z.string().transform((organizationId) => ({ organizationId })), Tree];
    for (const input of taken) t.router({ own: t.userProcedure.input(input).query(() => 1) });
    t.router({ own: t.organizationProcedure.input(key.extend({ name: z.string() })).query(() => 1) });
  });
});

test("types merged routers like their parts", () => {
  const text = t.procedure.input(z.string()).query(() => "text");
  const merged = t.mergeRouters(t.router({ text }), t.router({ own: anything }));
  type Outputs = inferRouterOutputs<typeof merged>;
  const outputs: Outputs = { text: "text", own: 1 };
  // @ts-expect-error -- a number is not a string
  const wrong: Outputs["text"] = 1;
  expect([outputs.text, wrong]).toEqual(["text", 1]);
});

describe("the names of procedures", () => {
  const t = initUserDO();
  const query = t.procedure.query(() => 1);

  it.each(["constructor", "prototype"])("are rejected at start if no request may contain them: %s", (name) => {
    expect(() => t.router({ [name]: query })).toThrow(
      `"${name}": requests for a procedure named "${name}" are rejected. Rename it.`,
    );
    expect(() => t.router({ [name]: t.router({ query }) })).toThrow(`"${name}"`);
    expect(() => t.router({ notes: { [name]: query } })).toThrow(`"notes.${name}"`);
  });

  it.each(["a b", "a/b", "%", "😀", "?", "#", "\n", "", ".", "a,b"])(
    "are rejected at start if no URL can contain them: %j",
    (name) => {
      expect(() => t.router({ [name]: query })).toThrow(/this name cannot be called over HTTP/);
      expect(() => t.router({ notes: { [name]: query } })).toThrow(JSON.stringify(`notes.${name}`));
      expect(() => t.router({ [name]: t.router({ query }) })).toThrow(/cannot be called/);
    },
  );

  it.each(["é", "e\u0301", "名前", "$list", "to-do", "_own", "0"])("can have letters of any script: %s", (name) => {
    expect(Object.keys(t.router({ [name]: query })._def.procedures)).toEqual([name]);
  });

  it.each(["toString", "valueOf", "hasOwnProperty"])("can equal method names of Object.prototype: %s", (name) => {
    expect(Object.keys(t.router({ [name]: query, notes: { [name]: query } })._def.procedures)).toEqual([
      name,
      `notes.${name}`,
    ]);
  });
});
