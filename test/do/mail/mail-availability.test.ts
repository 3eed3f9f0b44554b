import { expect, test } from "vitest";
import { createMailAvailability } from "../../../src/do/mail/mail-availability.js";
import { errorReason } from "../../../src/shared/error-reason.js";

const send = () => Promise.resolve();

test.each([
  ["a mail hook", {}, send, true],
  ["a mail hook in development", { DEV: "true" }, send, true],
  ["no mail hook in development", { DEV: "true" }, undefined, true],
  ["no mail hook and DEV false", { DEV: "false" }, undefined, false],
  ["no mail hook and DEV as a boolean", { DEV: true }, undefined, false],
  ["no mail hook", {}, undefined, false],
])("detects whether an app can send mail: %s", (_name, env, hook, expected) => {
  const availability = createMailAvailability({ env, settings: { send: hook } });
  expect(availability.isConfigured()).toBe(expected);
  if (expected) availability.assertConfigured();
  else expect(() => availability.assertConfigured()).toThrow("Give createUserDO the option `mail`");
});

test.each([
  ["a client's error", { data: { reason: "MAIL_NOT_CONFIGURED" } }, "MAIL_NOT_CONFIGURED"],
  ["a server-side caller's error", { shape: { data: { reason: "MAIL_NOT_CONFIGURED" } } }, "MAIL_NOT_CONFIGURED"],
  ["an error without a reason", { data: { code: "NOT_FOUND" } }, undefined],
  ["a reason that does not exist", { data: { reason: "toString" } }, undefined],
  ["a string", "MAIL_NOT_CONFIGURED", undefined],
  ["nothing", undefined, undefined],
])("states the reason of %s", (_name, error, expected) => {
  expect(errorReason(error)).toBe(expected);
});
