import { expect, it } from "vitest";
import { errorReason } from "../../src/shared/error-reason.js";

it.each(["WEAK_PASSWORD", "TOO_MANY_WRONG_PASSWORDS", "A_REASON_OF_A_NEWER_SERVER", "OAUTH2_FAILED"])(
  "returns the reason %s",
  (reason) => {
    expect(errorReason({ data: { reason } })).toBe(reason);
    expect(errorReason({ shape: { data: { reason } } })).toBe(reason);
  },
);

it.each([
  "",
  "reason",
  "NOT A REASON",
  "_",
  "WEAK_",
  "WEAK-PASSWORD",
  "WEAK_PASSWORD\n",
  7,
  null,
  ["WEAK_PASSWORD"],
  {},
])("returns undefined for %j, which is not a reason", (reason) => {
  expect(errorReason({ data: { reason } })).toBeUndefined();
});
