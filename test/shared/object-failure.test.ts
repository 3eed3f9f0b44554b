import { describe, expect, it } from "vitest";
import { isMissingMethod, canRetry, objectFailureOf } from "../../src/shared/object-failure.js";

/** An error of a stub, with the properties that the platform documents. */
const failed = (message: string, properties: object): Error => Object.assign(new Error(message), properties);

const errors = {
  "a lost connection": failed("Network connection lost.", { retryable: true }),
  "a lost connection, seen by the runtime": failed("Network connection lost.", { retryable: true, remote: true }),
  "a deploy": failed("Durable Object reset because its code was updated.", {
    retryable: true,
    durableObjectReset: true,
  }),
  "abort()": failed("The app's reason.", { durableObjectReset: true }),
  "abort() behind another object": failed("The app's reason.", {
    durableObjectReset: true,
    remote: true,
    durableObjectId: "37b2",
  }),
  "too many requests": failed("Durable Object is overloaded. Too many requests queued.", { overloaded: true }),
  "requests that waited too long": failed("Durable Object is overloaded. Requests queued for too long.", {
    overloaded: true,
    remote: true,
  }),
  "an exceeded memory": failed("Durable Object's isolate exceeded its memory limit and was reset.", {
    overloaded: true,
    durableObjectReset: true,
    remote: true,
  }),
  "an overload that claims to be retryable": failed("Overloaded.", { overloaded: true, retryable: true }),
  "a bug": new TypeError("Cannot read properties of undefined"),
  "a bug in another object": failed("boom", { remote: true, durableObjectId: "37b2" }),
  "an error of a library by its code": failed("Throttled", { retryable: true, code: "Throttling" }),
  "an error of a library by its name": failed("Throttled", { overloaded: true, name: "ThrottlingError" }),
  "a flag that is not true": failed("no", { retryable: "true", overloaded: 1, durableObjectReset: {} }),
  "a thrown object": { retryable: true, durableObjectReset: true, message: "no" },
  nothing: undefined,
  null: null,
} as const;
type Name = keyof typeof errors;

const reset = ["SERVICE_UNAVAILABLE", "OBJECT_RESET", 1];
const overloaded = ["TOO_MANY_REQUESTS", "OBJECT_OVERLOADED", 5];

/** The failure, and whether reads with and without the platform's repeats, and mutations with a key are repeated. */
const table: Record<Name, readonly [unknown, readonly [boolean, boolean, boolean]]> = {
  "a lost connection": [reset, [false, true, true]],
  "a lost connection, seen by the runtime": [reset, [false, true, true]],
  "a deploy": [reset, [false, true, true]],
  "abort()": [reset, [true, true, false]],
  "abort() behind another object": [reset, [true, true, false]],
  "too many requests": [overloaded, [false, false, false]],
  "requests that waited too long": [overloaded, [false, false, false]],
  "an exceeded memory": [overloaded, [false, false, false]],
  "an overload that claims to be retryable": [overloaded, [false, false, false]],
  "a bug": [undefined, [false, false, false]],
  "a bug in another object": [undefined, [false, false, false]],
  "an error of a library by its code": [undefined, [false, false, false]],
  "an error of a library by its name": [undefined, [false, false, false]],
  "a flag that is not true": [undefined, [false, false, false]],
  "a thrown object": [undefined, [false, false, false]],
  nothing: [undefined, [false, false, false]],
  null: [undefined, [false, false, false]],
};

describe.each(Object.entries(table))("the error of a call: %s", (name, [failure, repeats]) => {
  const error = errors[name as Name];

  it("is classified", () => {
    const { code, reason, retryAfter } = objectFailureOf(error) ?? {};
    expect(code && [code, reason, retryAfter]).toEqual(failure);
  });

  it("decides whether the calls are repeated", () => {
    expect([
      canRetry(error, "reads", { platformRetriesReads: true }),
      canRetry(error, "reads", { platformRetriesReads: false }),
      canRetry(error, "keyed", { platformRetriesReads: true }),
    ]).toEqual(repeats);
    expect(canRetry(error, "others", { platformRetriesReads: false })).toBe(false);
  });

  it("is not shown to the client", () => {
    const message = error instanceof Error ? error.message : "none";
    expect(objectFailureOf(error)?.message ?? "").not.toContain(message);
  });
});

it("recognizes a method that an object of an earlier version does not have", () => {
  const missing = new TypeError('The RPC receiver does not implement the method "trpcRead".');
  expect(isMissingMethod(missing, "trpcRead")).toBe(true);
  expect(isMissingMethod(missing, "trpc")).toBe(false);
  expect(isMissingMethod(new TypeError('The RPC receiver does not implement "trpcRead".'), "trpcRead")).toBe(true);
  expect(isMissingMethod(new TypeError("Cannot read trpcRead"), "trpcRead")).toBe(false);
  expect(isMissingMethod(missing.message, "trpcRead")).toBe(false);
});
