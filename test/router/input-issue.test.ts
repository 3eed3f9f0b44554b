import { TRPCError } from "@trpc/server";
import { expect, it } from "vitest";
import { z } from "zod";
import { inputIssue, inputReasonOf } from "../../src/router/input-issue.js";
import { reasonOf } from "../../src/router/reasoned-error.js";
import { newPasswordInput } from "../../src/router/auth/credentials.js";

it.each([
  ["PASSWORD_TOO_SHORT", "short"],
  ["PASSWORD_TOO_LONG", "é".repeat(129)],
  ["PASSWORD_MALFORMED", "half a character \uD800"],
])("returns the reason %s for a new password that is rejected", (reason, value) => {
  const { error } = newPasswordInput.safeParse(value);
  expect(inputReasonOf(error)).toBe(reason);
  expect(error?.issues.every(({ message }) => /^[A-Z].*\.$/.test(message))).toBe(true);
});

it.each([undefined, null, 12_345_678, {}])("requires a password instead of %j", (value) => {
  const { error } = newPasswordInput.safeParse(value);
  expect(error?.issues.map(({ message }) => message)).toEqual(["Enter a password."]);
});

it("returns the first reason among the issues of several fields", () => {
  const schema = z.object({
    name: z.string().min(1),
    one: z.string().refine(() => false, inputIssue("WEAK_PASSWORD", "Choose another one.")),
    two: z.string().refine(() => false, inputIssue("PASSWORD_BREACHED", "Choose another one.")),
  });
  expect(inputReasonOf(schema.safeParse({ name: "", one: "", two: "" }).error)).toBe("WEAK_PASSWORD");
});

it.each([
  ["an issue of the app with a reason of another error", [{ params: { reason: "SESSION_CHANGED" } }]],
  ["an issue with an unknown reason", [{ params: { reason: "NOT_A_REASON" } }]],
  ["an issue with a reason that is not a text", [{ params: { reason: ["WEAK_PASSWORD"] } }]],
  ["issues that are not a list", "WEAK_PASSWORD"],
  ["issues that are not objects", [null, "WEAK_PASSWORD", 7]],
])("finds no reason in %s", (_name, issues) => {
  const cause = Object.assign(new Error("refused"), { issues });
  expect(reasonOf(new TRPCError({ code: "BAD_REQUEST", cause }))).toBeUndefined();
});
