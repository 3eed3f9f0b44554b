import fc from "fast-check";
import { expect, it } from "vitest";
import { containsTag } from "../../src/shared/contains-tag.js";

const binary = /Blob|File|Form|Stream|Buffer/;

class Photo extends File {}

const found: readonly (readonly [string, () => unknown])[] = [
  ["a Blob", () => new Blob(["x"])],
  ["a File", () => new File(["x"], "x.txt")],
  ["a subclass of File", () => new Photo(["x"], "x.png")],
  ["FormData", () => new FormData()],
  ["a ReadableStream", () => new ReadableStream()],
  ["an ArrayBuffer", () => new ArrayBuffer(3)],
];

it.each(found)("finds %s", (_name, create) => {
  expect(containsTag(create(), binary)).toBe(true);
});

const plain = fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true });

it("finds it at any depth, and nothing in values without one", () => {
  const wrap = fc.constantFrom<(value: unknown, other: unknown) => unknown>(
    (value, other) => ({ other, value }),
    (value, other) => [other, value],
    (value, other) => new Map([[other, value]]),
    (value, other) => new Map([[value, other]]),
    (value, other) => new Set([other, value]),
  );
  fc.assert(
    fc.property(plain, fc.array(wrap, { maxLength: 8 }), fc.constantFrom(...found), (other, wraps, [, create]) => {
      expect(containsTag(other, binary)).toBe(false);
      expect(
        containsTag(
          wraps.reduce((value, each) => each(value, other), create() as unknown),
          binary,
        ),
      ).toBe(true);
    }),
  );
});

it("reads cycles and large values once", () => {
  const cycle: Record<string, unknown> = { bytes: new Uint8Array(1_000_000), text: "x".repeat(1_000_000) };
  cycle["self"] = [cycle, cycle];
  let nested: unknown = cycle;
  for (let depth = 0; depth < 100_000; depth++) nested = { nested };
  expect(containsTag(nested, binary)).toBe(false);
  cycle["file"] = new Blob();
  expect(containsTag(nested, binary)).toBe(true);
});
