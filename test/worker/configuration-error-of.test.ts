import { expect, it } from "vitest";
import { configurationErrorOf } from "../../src/worker/configuration.js";

const replaced =
  "The class BlogDO replaces alarm() of createUserDO's class, so mail is never sent.\nCall super.alarm() in it.";

// With an older compatibility date, RPC keeps neither the name nor the fields of an error.
it.each([replaced, `ConfigurationError: ${replaced}`])(
  "recognizes a replaced method by the message alone",
  (message) => {
    expect(configurationErrorOf(new Error(message))).toMatchObject({ name: "ConfigurationError", message: replaced });
  },
);

it.each([
  "The class BlogDO replaces nothing.",
  "The app says: The class BlogDO replaces alarm() of createUserDO's class",
])("does not recognize another error: %s", (message) => {
  expect(configurationErrorOf(new Error(message))).toBeUndefined();
});
