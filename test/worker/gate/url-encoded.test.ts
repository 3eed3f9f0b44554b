import { expect, it } from "vitest";
import { decodePercent, parseUrlEncoded } from "../../../src/worker/gate/url-encoded.js";

it.each<[string, readonly (readonly [string | undefined, string | undefined])[]]>([
  ["", []],
  ["a=1", [["a", "1"]]],
  [
    "a=1&b=2",
    [
      ["a", "1"],
      ["b", "2"],
    ],
  ],
  [
    "a=1&a=2",
    [
      ["a", "1"],
      ["a", "2"],
    ],
  ],
  ["a", [["a", ""]]],
  ["=a", [["", "a"]]],
  ["a=b=c", [["a", "b=c"]]],
  [
    "&",
    [
      ["", ""],
      ["", ""],
    ],
  ],
  ["a+b=c+d", [["a b", "c d"]]],
  ["a%2Bb=c%2bd", [["a+b", "c+d"]]],
  ["a%20b=%26%3D", [["a b", "&="]]],
  ["%C3%BC=%F0%9F%98%80", [["ü", "😀"]]],
  ["a=ü", [["a", "ü"]]],
  ["a=%00", [["a", "\0"]]],
  ["a=%EF%BF%BD", [["a", "\uFFFD"]]],
  ["a=%FF", [["a", undefined]]],
  ["%FF=a", [[undefined, "a"]]],
  ["a=%C3", [["a", undefined]]],
  ["a=%ED%A0%80", [["a", undefined]]],
  ["a=%", [["a", undefined]]],
  ["a=%4", [["a", undefined]]],
  [
    "a=%zz&b=1",
    [
      ["a", undefined],
      ["b", "1"],
    ],
  ],
])("parses %j", (text, pairs) => {
  expect(parseUrlEncoded(text).map(({ name, value }) => [name, value])).toEqual(pairs);
});

it.each([
  ["a+b", "a+b"],
  ["a%20b%2e", "a b."],
  ["%C3%BC", "ü"],
  ["%FF", undefined],
  ["%4", undefined],
])("decodes the path %j without replacing plus signs", (text, decoded) => {
  expect(decodePercent(text)).toBe(decoded);
});
