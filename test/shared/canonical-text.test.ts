import { describe, expect, it } from "vitest";
import { canonicalText } from "../../src/shared/canonical-text.js";

describe("canonicalText", () => {
  it("is the same for equal values", () => {
    expect(canonicalText({ a: 1, b: [new Date(0)], c: undefined })).toBe(canonicalText({ b: [new Date(0)], a: 1 }));
    expect(canonicalText(new Blob(["one"], { type: "text/plain" }))).toBe(
      canonicalText(new Blob(["two"], { type: "text/plain" })),
    );
    expect(canonicalText(new TypeError("No."))).toBe(canonicalText(new TypeError("No.")));
  });

  it.each([
    [1n, "1"],
    [0, -0],
    [new Date(0), new Date(0).toISOString()],
    [new Map([["a", 1]]), { a: 1 }],
    [new Uint8Array([1, 2]), new Uint8Array([1, 3])],
    [new Uint8Array([1, 2]), [1, 2]],
    [new Blob(["a"]), new Blob(["ab"])],
    [new Blob(["a"], { type: "text/plain" }), new Blob(["a"], { type: "text/html" })],
    [new Error("One"), new Error("Two")],
    [new Error("One"), new TypeError("One")],
    [new URL("https://a.example"), new URL("https://b.example")],
  ])("differs for different values: %o and %o", (one, other) => {
    expect(canonicalText(one)).not.toBe(canonicalText(other));
    expect(canonicalText({ in: [one] })).not.toBe(canonicalText({ in: [other] }));
  });
});
