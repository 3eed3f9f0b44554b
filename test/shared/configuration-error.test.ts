import { expect, it } from "vitest";
import { ConfigurationError, isConfigurationError } from "../../src/shared/configuration-error.js";

it("recognizes an error that lost its class over RPC", () => {
  expect(isConfigurationError(new ConfigurationError("A setting is missing."))).toBe(true);
  const received = Object.assign(new Error("A setting is missing."), {
    name: "ConfigurationError",
    reason: "CONFIGURATION_INVALID",
  });
  expect(isConfigurationError(received)).toBe(true);
});

it("does not recognize an app's error of the same name", () => {
  expect(isConfigurationError(Object.assign(new Error("hunter2"), { name: "ConfigurationError" }))).toBe(false);
  expect(isConfigurationError(new Error("ConfigurationError: The class BlogDO replaces alarm()"))).toBe(false);
});
