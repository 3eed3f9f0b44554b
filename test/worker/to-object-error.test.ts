import { expect, it } from "vitest";
import { ReasonedError } from "../../src/router/reasoned-error.js";
import { toObjectError } from "../../src/worker/to-object-error.js";

it("converts the error of an object that was reset, and keeps it as the cause", () => {
  const cause = Object.assign(new Error("The app's reason."), { durableObjectReset: true });
  const error = toObjectError(cause);
  expect(error).toBeInstanceOf(ReasonedError);
  expect(error).toMatchObject({ code: "SERVICE_UNAVAILABLE", reason: "OBJECT_RESET", retryAfter: 1, cause });
});

it("returns other errors unchanged, also that of a class that cannot start", () => {
  const bug = new Error("boom");
  expect(toObjectError(bug)).toBe(bug);
  const message = "ConfigurationError: The class ShopDO replaces alarm() of createUserDO's class, so …";
  const invalid = Object.assign(new Error(message), { durableObjectReset: true });
  expect(toObjectError(invalid)).toBe(invalid);
});
