import { describe, expect, test } from "vitest";
import { limits } from "../../src/shared/limits.js";
import { WireError } from "../../src/shared/wire-guard/wire-error.js";
import { checkWireValue } from "../../src/shared/wire-guard/wire-guard.js";

/** Expects an immediate rejection, with a message that names what to send instead. */
function expectRejected(payload: unknown, message?: string): void {
  let error: unknown;
  try {
    checkWireValue(payload);
  } catch (caught) {
    error = caught;
  }
  expect(error).toBeInstanceOf(WireError);
  expect((error as WireError).message).toMatch(/\.$/);
  if (message !== undefined) expect((error as WireError).message).toContain(message);
}

function expectAccepted(payload: { json: unknown; meta?: unknown }): void {
  expect(checkWireValue(payload).json).toEqual(payload.json);
}

const withValues = (json: unknown, values: unknown, v: unknown = 1) => ({ json, meta: { values, v } });

/** A value parsed from a client's JSON text: unlike a literal, it can have `__proto__` as a key. */
const parsed = (text: string): unknown => JSON.parse(text);

function nested(depth: number): unknown {
  let value: unknown = 0;
  for (let level = 0; level < depth; level++) value = [value];
  return value;
}

describe("the envelope", () => {
  test.each([undefined, null, 1, "x", true, [], [1], {}, { title: "x" }, { json: 1, extra: 1 }, { meta: {} }])(
    "is rejected as %j, which is not superjson's format",
    (payload) => expectRejected(payload, "transformer: superjson"),
  );

  test.each([null, 1, "x", [], { values: {}, custom: 1 }])("is rejected with the meta %j", (meta) =>
    expectRejected({ json: 1, meta }),
  );

  test.each([0, 2, "1", null])("is rejected with the unknown format version %j", (v) =>
    expectRejected(withValues({}, {}, v)),
  );

  test("is accepted with json only, and with an empty meta", () => {
    for (const payload of [{ json: null }, { json: { a: [1, "x", false] }, meta: {} }, { json: 1, meta: { v: 1 } }]) {
      expectAccepted(payload);
    }
  });
});

describe("JSON", () => {
  test("is limited in depth, whatever it contains", () => {
    expectAccepted({ json: nested(limits.jsonDepth) });
    expectRejected({ json: nested(limits.jsonDepth + 1) }, "deeper");
    expectRejected({ json: nested(100_000) }, "deeper");
    expectRejected(parsed(`{"json":${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}}`), "deeper");
  });

  test("is limited in the number of values", () => {
    expectAccepted({ json: Array.from({ length: limits.jsonNodes }, () => 0) });
    expectRejected({ json: Array.from({ length: limits.jsonNodes + 1 }, () => 0) }, "more than");
    const row = Array.from({ length: 1000 }, () => 0);
    expectRejected({ json: Array.from({ length: 100 }, () => row) }, "more than");
  });

  test("is rejected with a number that JSON cannot represent, and -0 becomes 0", () => {
    expectRejected(parsed('{"json":1e999}'), "bigint");
    expectRejected(parsed('{"json":{"a":[-1e400]}}'), "bigint");
    const { json } = checkWireValue(parsed('{"json":[-0,{"a":-0}]}'));
    expect(json).toStrictEqual([0, { a: 0 }]);
    expect(checkWireValue(parsed('{"json":-0}')).json).toBe(0);
  });

  test("is rejected with half a surrogate pair, in a value and in a key", () => {
    for (const text of ["\ud800", "a\udc00b", "\udc00\ud800"]) {
      expectRejected({ json: [text] }, "surrogate");
      expectRejected({ json: { [text]: 1 } }, "surrogate");
    }
    expectAccepted({ json: { "😀": "😀" } });
  });

  test.each(["__proto__", "constructor", "prototype"])("is rejected with the key %s, at any depth", (key) => {
    expectRejected(parsed(`{"json":{"${key}":{"polluted":true}}}`), "Rename");
    expectRejected(parsed(`{"json":[{"a":{"${key}":1}}]}`), "Rename");
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  test.each([Symbol("x"), () => 1, 1n, [undefined]])("is rejected with a value that JSON cannot contain", (json) =>
    expectRejected({ json }),
  );

  test("is copied so that no two places share an object", () => {
    const shared = { a: 1 };
    const payload = { json: [shared, shared] };
    const { json } = checkWireValue(payload) as { json: object[] };
    expect(json).toEqual(payload.json);
    expect(new Set([...json, shared]).size).toBe(3);
  });
});

describe("annotations", () => {
  test.each([
    ["a RegExp", "/(a+)+$/", ["regexp"]],
    ["an Error", { name: "E", message: "m", stack: "s" }, ["Error"]],
    ["a URL", "https://example.com", ["URL"]],
    ["a class", {}, [["class", "User"]]],
    ["a symbol", "x", [["symbol", "x"]]],
    ["a custom type", "1.0", [["custom", "decimal"]]],
    ["an unknown type", 1, ["toString"]],
    ["an inherited name", 1, ["constructor"]],
    ["no type", 1, [null]],
    ["a DataView", [1], [["typed-array", "DataView"]]],
    ["a typed array without a name", [1], [["typed-array"]]],
  ])("reject %s", (_, json, values) => {
    expectRejected(withValues(json, values), "not accepted");
    expectRejected(withValues({ a: [json] }, { "a.0": values }), "not accepted");
  });

  test.each(["Float64Array", "Int8Array", "Uint8ClampedArray", "Uint32Array", "BigInt64Array"])(
    "reject a %s, with a length or with values",
    (name) => {
      expectRejected(withValues(1e9, [["typed-array", name]]), "Uint8Array");
      expectRejected(withValues([1], [["typed-array", name]]), "Uint8Array");
    },
  );

  test("accept bytes as a list of bytes, never as a length", () => {
    for (const json of [1e9, "1000000000", { length: 1e9 }, [256], [-1], [1.5], ["1"], [null], [[]]]) {
      expectRejected(withValues(json, [["typed-array", "Uint8Array"]]));
    }
    expectAccepted(withValues([0, 1, 255], [["typed-array", "Uint8Array"]]));
    expectAccepted(withValues([], [["typed-array", "Uint8Array"]]));
  });

  test("accept a bigint of at most 40 digits", () => {
    const nines = "9".repeat(limits.bigintDigits);
    for (const json of [nines, `-${nines}`, "0"]) expectAccepted(withValues(json, ["bigint"]));
    for (const json of [`${nines}9`, "9".repeat(300_000), "1.5", "0x10", "", " 1", "1n", "-", 1, null, ["1"]]) {
      expectRejected(withValues(json, ["bigint"]), "40 digits");
    }
  });

  test.each([
    "",
    "x",
    "2024-13-01T00:00:00.000Z",
    "2024-02-30T00:00:00.000Z",
    "2024-01-01",
    "Invalid Date",
    "1",
    0,
    null,
    {},
    [2024],
  ])("reject %j as a Date", (json) => expectRejected(withValues(json, ["Date"]), "toISOString"));

  test("accept dates of the whole range", () => {
    for (const time of [0, -1, 8.64e15, -8.64e15, Date.UTC(2024, 1, 29)]) {
      expectAccepted(withValues(new Date(time).toISOString(), ["Date"]));
    }
  });

  test.each([
    ["undefined over a value", 1, ["undefined"]],
    ["a number over a number", 1, ["number"]],
    ["a number over text", "12", ["number"]],
    ["a Set over text", "abc", ["set"]],
    ["a Set over a length", { length: 1e9 }, ["set"]],
    ["a Map over an object", {}, ["map"]],
    ["a Map of single values", [1], ["map"]],
    ["a Map of triples", [[1, 2, 3]], ["map"]],
    ["an empty annotation", 1, []],
    ["a third part", [1], ["set", {}, {}]],
    ["children of a Date", "1970-01-01T00:00:00.000Z", ["Date", { 0: ["Date"] }]],
    ["children as a list", [1], ["set", [["Date"]]]],
    ["children of bytes", [1], [["typed-array", "Uint8Array"], { 0: ["number"] }]],
    ["a tree that superjson flattens", { a: { b: null } }, { a: { b: ["undefined"] } }],
    ["text for values", 1, "Date"],
    ["no values", 1, null],
  ])("reject %s", (_, json, values) => expectRejected(withValues(json, values)));
});

describe("a path", () => {
  const json = { a: { b: null }, list: [null], "x.y": null, "back\\slash": null, "": null };

  test.each(["a.b", "list.0", "x\\.y", "back\\\\slash", ""])("%j leads to an own property", (path) =>
    expectAccepted(withValues(json, { [path]: ["undefined"] })),
  );

  test.each([
    "__proto__.x",
    "constructor.prototype",
    "a.constructor.prototype.x",
    "a.toString",
    "a.missing",
    "a.b.c",
    "list.length",
    "list.1",
    "list.-1",
    "list.00",
    "list.0x0",
    "list.1e0",
    "list. 0",
    "list.",
    "a..b",
    "x.y",
    "back\\slash",
    "a.b\\",
    "missing",
  ])("%j is rejected", (path) => {
    expectRejected(withValues(json, { [path]: ["undefined"] }));
    expectRejected({ json, meta: { referentialEqualities: { [path]: ["a"] }, v: 1 } });
    expectRejected({ json, meta: { referentialEqualities: { a: [path] }, v: 1 } });
  });

  test("of clients before version 1 escapes dots only", () => {
    const meta = { values: { "back\\slash": ["undefined"], "x\\.y": ["undefined"] } };
    expect(checkWireValue({ json, meta })).toEqual({ json, meta });
  });

  test("with __proto__ is rejected like any other missing key", () => {
    expectRejected(parsed('{"json":{"a":null},"meta":{"values":{"__proto__":["undefined"]},"v":1}}'));
    expectRejected(parsed('{"json":[[1,2]],"meta":{"values":["map",{"__proto__.x":["undefined"]}],"v":1}}'));
    expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
  });

  test("is rejected if it leads through a value that another annotation converts", () => {
    const map = { m: [["k", [null]]] };
    expectAccepted(withValues(map, { m: ["map", { "0.1": ["set", { 0: ["undefined"] }] }] }));
    expectRejected(withValues(map, { m: ["map"], "m.0.1.0": ["undefined"] }));
    expectRejected(withValues(map, { "m.0.1.0": ["undefined"], m: ["map"] }));
    expectRejected(withValues(map, { "m.0": ["set"], m: ["map"] }));
    expectRejected(withValues(map, { m: ["map", { 0: ["set"] }] }));
    expectRejected(withValues(map, { m: ["map", { "0.1": ["set"], "0.1.0": ["undefined"] }] }));
  });
});

describe("a meta of excessive depth or size is rejected, or read in linear time", () => {
  const depth = 20_000;
  test.each([
    ["objects", '{"a":'.repeat(depth) + '["Date"]' + "}".repeat(depth)],
    ["arrays", "[".repeat(depth) + "]".repeat(depth)],
    ["Sets in Sets", '["set",{"0":'.repeat(depth) + '["Date"]' + "}]".repeat(depth)],
  ])("with nested %s", (_, values) => {
    expectRejected(parsed(`{"json":[[]],"meta":{"values":${values},"v":1}}`));
    expectRejected(parsed(`{"json":[[]],"meta":{"referentialEqualities":${values},"v":1}}`));
  });

  test("with a path of 100,000 keys", () =>
    expectRejected(withValues([], { [Array(100_000).fill("0").join(".")]: ["Date"] })));

  test("with an annotation for every value", () => {
    const count = 50_000;
    const json = Array.from({ length: count }, () => null);
    const values = Object.fromEntries(json.map((_, index) => [index, ["undefined"]]));
    // If each were read again for each other, they would exceed the test's timeout.
    expect(checkWireValue(withValues(json, values))).toEqual(withValues(json, values));
  });
});

describe("repeated objects", () => {
  test("are deleted from the meta, because each place has its own copy", () => {
    const json = { a: { x: 1 }, b: { x: 1 } };
    expect(checkWireValue({ json, meta: { referentialEqualities: { a: ["b"] }, v: 1 } })).toEqual({ json });
  });

  test("are rejected if the JSON does not repeat them", () => {
    expectRejected({ json: { a: {}, b: null }, meta: { referentialEqualities: { a: ["b"] }, v: 1 } }, "dedupe");
    expectRejected({ json: { self: null }, meta: { referentialEqualities: [["self"]], v: 1 } }, "inside itself");
  });

  test("are read in linear time, for 100,000 of them", () => {
    const referentialEqualities = { a: Array.from({ length: 100_000 }, () => "b") };
    expect(checkWireValue({ json: { a: {}, b: {} }, meta: { referentialEqualities, v: 1 } })).toEqual({
      json: { a: {}, b: {} },
    });
  });

  test("cannot add a function to the input", () => {
    expectRejected({ json: { b: {}, c: 1 }, meta: { referentialEqualities: { "b.toString": ["c"] }, v: 1 } });
  });

  test.each([null, "a", { a: "b" }, { a: [1] }, { a: { b: [] } }])("are rejected as %j", (referentialEqualities) =>
    expectRejected({ json: { a: {}, b: {} }, meta: { referentialEqualities, v: 1 } }),
  );
});
