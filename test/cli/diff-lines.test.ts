import { expect, it } from "vitest";
import { diffLines } from "../../src/cli/diff-lines.js";

it.each([
  ["nothing", "a\nb", "a\nb", []],
  ["an added line", "a\nc", "a\nb\nc", ["  a", "+ b", "  c"]],
  ["a removed line", "a\nb\nc", "a\nc", ["  a", "- b", "  c"]],
  ["a changed line", "a\nb\nc", "a\nx\nc", ["  a", "- b", "+ x", "  c"]],
  ["everything", "a", "b", ["- a", "+ b"]],
  [
    "a change without its distant lines",
    "1\n2\n3\n4\n5\n6\n7\n8\n9",
    "1\n2\n3\n4\nx\n5\n6\n7\n8\n9",
    ["  …", "  2", "  3", "  4", "+ x", "  5", "  6", "  7", "  …"],
  ],
])("shows %s", (_, before, after, expected) => {
  expect(diffLines(before, after)).toEqual(expected);
});
