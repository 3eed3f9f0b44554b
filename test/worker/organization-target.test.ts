import { describe, expect, it } from "vitest";
import { organizationOf } from "../../src/worker/calls/resolve-target.js";

/** The error for an input. */
function refusalOf(input: unknown): unknown {
  try {
    return organizationOf(input);
  } catch (error) {
    return error;
  }
}

describe("the organization of a call", () => {
  it("is read from the input", () => {
    expect(organizationOf({ organizationId: "Org-1-a" })).toEqual({ type: "organization", id: "Org-1-a" });
  });

  it.each([
    ["no input", undefined],
    ["no key", {}],
    ["undefined", { organizationId: undefined }],
    ["a text", "Org-1-a"],
  ])("is missing with %s, and the message names the fix", (_name, input) => {
    const message = expect.stringContaining("`organizationId` is missing") as string;
    expect(refusalOf(input)).toMatchObject({ code: "BAD_REQUEST", message });
  });

  it.each([
    ["a number", 42],
    ["null", null],
    ["empty", ""],
    ["an object", { id: "Org-1-a" }],
    ["a list", ["Org-1-a"]],
    ["of another alphabet", "org 1/ä"],
    ["too long", "a".repeat(129)],
    ["another name in one", "a:b"],
    ["followed by a line break", "a\n"],
    ["of an unknown jurisdiction", `mars_${"0".repeat(32)}`],
    ["a jurisdiction without the digits", "eu_1"],
  ])("is rejected when it is %s, and the message names the key", (_name, organizationId) => {
    const message = expect.stringContaining("`organizationId` is not an organization's id") as string;
    expect(refusalOf({ organizationId })).toMatchObject({ code: "BAD_REQUEST", message });
  });
});
