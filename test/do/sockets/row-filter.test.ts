import { expect, it } from "vitest";
import { lets } from "../../../src/do/sockets/row-filter.js";

it.each([
  [undefined, "anything", true],
  [{ id: "a" }, "a", true],
  [{ id: "a" }, "ab", false],
  [{ id: "toString" }, "toString", true],
  [{ prefix: "a:" }, "a:1", true],
  [{ prefix: "a:" }, "a:", true],
  [{ prefix: "a:" }, "a", false],
  [{ prefix: "a:" }, "b a:", false],
  [{ prefix: "" }, "anything", true],
  [{ prefix: "%" }, "anything", false],
])("K3 the filter %j: does it let %j through? %j", (filter, id, expected) => {
  expect(lets(filter, id)).toBe(expected);
});
