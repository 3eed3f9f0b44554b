import fc from "fast-check";
import superjson, { SuperJSON } from "superjson";
import { describe, expect, it } from "vitest";
import { hasRegistrations, serializePlain, type Registries } from "../../src/router/serialize-plain.js";
import { superjsonValue } from "../fixtures/superjson-value.js";

/** Expects the same object and the same text as from superjson. */
function expectEqual(value: unknown): void {
  const plain = serializePlain(value);
  const expected = superjson.serialize(value);
  expect(plain).toStrictEqual(expected);
  // Also the order of the keys.
  expect(JSON.stringify(plain)).toBe(JSON.stringify(expected));
}

const at = new Date(5);
const shared = { a: 1 };
const nested = (depth: number): unknown => {
  let value: unknown = 0;
  for (let level = 0; level < depth; level++) value = { at: level, value };
  return value;
};
const withHidden = { a: 1, [Symbol("hidden")]: at };
Object.defineProperty(withHidden, "hidden", { value: new Map(), enumerable: false });

describe("serializes as superjson does", () => {
  it.each<[string, unknown]>([
    ["null", null],
    ["text", "half a \ud83d pair, \u2028 and \u0000"],
    ["numbers", [0, 1.5, -1e300, Number.MAX_SAFE_INTEGER]],
    ["booleans", { yes: true, no: false }],
    ["an empty object", {}],
    ["an empty array", []],
    ["undefined", undefined],
    ["a Date", at],
    ["undefined in an object", { a: undefined, b: { c: undefined } }],
    ["Dates in rows", { id: "", data: [{ at, title: "x" }].concat([{ at: new Date(6), title: "y" }]) }],
    ["items that are annotated", [undefined, new Date(1), { at: undefined }, "x", undefined]],
    ["annotated properties that are numbers", { b: new Date(1), 1: undefined, 0: { z: undefined, 9: 1 } }],
    ["keys to escape", { "a.b": { "c\\.d": at, "\\": undefined }, "": { "": undefined }, "\\\\.": [{ x: undefined }] }],
    ["keys of superjson", { json: { meta: 1 }, meta: { values: at } }],
    ["keys of objects", { toString: 1, hasOwnProperty: undefined, toJSON: "text" }],
    ["an object without a prototype", Object.assign(Object.create(null) as object, { a: undefined, b: 1 })],
    ["properties that are not enumerable", withHidden],
    ["parsed JSON", JSON.parse('{"b":[{"2":1,"1":[[]]}],"a":null}')],
    ["a proxy", new Proxy({ a: [1] }, {})],
    ["a frozen object", Object.freeze({ a: Object.freeze([1]) })],
    ["a value with many levels", nested(100)],
  ])("%s", (_, value) => expectEqual(value));

  it("reads each property once", () => {
    let reads = 0;
    const value = {
      get count() {
        return ++reads;
      },
    };
    expect(serializePlain(value)).toStrictEqual({ json: { count: 1 } });
    expect(reads).toBe(1);
  });

  it("and returns a copy", () => {
    const value = { list: [{ a: 1 }] };
    const serialized = serializePlain(value) as { json: typeof value };
    value.list[0] = { a: 2 };
    value.list.push({ a: 3 });
    expect(serialized).toStrictEqual({ json: { list: [{ a: 1 }] } });
  });

  it("and throws the error of a getter", () => {
    const value = {
      get a(): never {
        throw new RangeError("Not now.");
      },
    };
    expect(() => serializePlain(value)).toThrow(new RangeError("Not now."));
  });
});

describe("leaves to superjson", () => {
  class Point {
    x = 1;
  }
  class Items extends Array<number> {}
  class Moment extends Date {}
  const cycle: Record<string, unknown> = {};
  cycle["self"] = [cycle];
  const matched = /a/.exec("a");
  // oxlint-disable-next-line no-sparse-arrays -- the case
  const sparse = [1, , 2];

  it.each<[string, unknown]>([
    ["NaN", Number.NaN],
    ["Infinity", [Infinity]],
    ["-Infinity", { a: -Infinity }],
    ["-0", -0],
    ["a bigint", 1n],
    ["a symbol", Symbol("x")],
    ["a function", { a: () => 1 }],
    ["toJSON", { a: { toJSON: () => "text" } }],
    ["an invalid Date", new Date(Number.NaN)],
    ["a subclass of Date", new Moment(1)],
    ["a Map", new Map([[1, 2]])],
    ["a Set", { a: new Set() }],
    ["a RegExp", /a/],
    ["a URL", new URL("https://example.com")],
    ["an Error", new Error("x")],
    ["bytes", new Uint8Array(2)],
    ["an instance of a class", new Point()],
    ["a subclass of Array", Items.from([1])],
    ["boxed text", Object("text")],
    ["an object with an inherited property", Object.create({ a: 1 })],
    ["Object.prototype", Object.prototype],
    ["an array without Array's prototype", Object.setPrototypeOf([1], Object.prototype)],
    ["an object whose prototype is Array's", Object.create(Array.prototype)],
    ["a sparse array", sparse],
    ["an array that ends with a hole", Array.from({ length: 1 }).concat(Array(1))],
    ["a sparse array with a property", Object.assign([1].concat(Array(1)), { extra: undefined })],
    ["an array with a property", Object.assign([1], { extra: undefined })],
    ["a match of a RegExp", matched],
    ["one object in two places", { a: shared, b: [shared] }],
    ["one empty array in two places", ((list: unknown[]) => [list, list])([])],
    ["one Date in two places", { a: at, b: at }],
    ["a cycle", cycle],
    ["a value of too many levels", nested(102)],
    // superjson lists the annotations of an inner object with integers first.
    ["Dates in an inner array", { list: [{ x: undefined }, new Date(1), new Date(2)] }],
    ["an inner object whose keys are integers", { list: { b: { c: undefined }, 1: undefined } }],
    ...["__proto__", "constructor", "prototype"].map((key): [string, unknown] => [
      `the key ${key}`,
      JSON.parse(`[{"${key}":1}]`),
    ]),
  ])("%s", (_, value) => {
    expect(serializePlain(value)).toBeUndefined();
  });
});

describe("for random values", () => {
  const key = fc.oneof(fc.string({ maxLength: 3 }), fc.constantFrom(".", "\\", "0", "1", "10", "a.0", "01", "-1"));
  const { plain } = fc.letrec((tie) => ({
    plain: fc.oneof(
      { maxDepth: 5 },
      fc.string({ unit: "binary", maxLength: 5 }),
      fc.double(),
      fc.integer(),
      fc.constantFrom(null, undefined, true, false),
      fc.date(),
      fc.array(tie("plain"), { maxLength: 4 }),
      fc.dictionary(key, tie("plain"), { maxKeys: 4 }),
    ),
  }));

  function expectEqualIfPlain(value: unknown): void {
    if (serializePlain(value) !== undefined) expectEqual(value);
  }

  it("of JSON, Dates and undefined", () => {
    fc.assert(fc.property(plain, expectEqualIfPlain), { numRuns: 3000 });
  });

  it("with shared parts", () => {
    fc.assert(fc.property(plain, plain, (one, other) => expectEqualIfPlain([one, other, { one }])));
  });

  it("of all types that superjson supports", () => {
    fc.assert(fc.property(superjsonValue, expectEqualIfPlain), { numRuns: 1000 });
  });

  it("of JSON only, which are never left to superjson", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        // Without -0 and the keys that superjson refuses.
        fc.pre(!/__proto__|constructor|prototype|-0(?![.\d])/.test(text));
        const value: unknown = JSON.parse(text);
        expect(serializePlain(value)).toEqual({ json: value });
        expectEqual(value);
      }),
      { numRuns: 1000 },
    );
  });
});

describe("registrations with superjson", () => {
  const registriesOf = (register: (instance: SuperJSON) => void): Registries => {
    const instance = new SuperJSON();
    register(instance);
    return instance as unknown as Registries;
  };
  const isText = (value: unknown): value is string => typeof value === "string";

  it.each<[string, (instance: SuperJSON) => void]>([
    ["a class", (instance) => instance.registerClass(class Point {})],
    ["a symbol", (instance) => instance.registerSymbol(Symbol("x"))],
    [
      "a transformer",
      (instance) =>
        instance.registerCustom(
          { isApplicable: isText, serialize: (v) => `${v}!`, deserialize: (v: string) => v },
          "loud",
        ),
    ],
  ])("are found: %s", (_, register) => {
    expect(hasRegistrations(registriesOf(() => {}))).toBe(false);
    expect(hasRegistrations(registriesOf(register))).toBe(true);
  });

  it("leave all values to superjson", () => {
    expect(serializePlain("x")).toStrictEqual({ json: "x" });
    superjson.registerCustom(
      { isApplicable: isText, serialize: (v) => `${v}!`, deserialize: (v: string) => v },
      "loud",
    );
    expect(serializePlain("x")).toBeUndefined();
  });
});
