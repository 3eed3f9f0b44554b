import { describe, expect, it } from "vitest";
import { addressOf, type ObjectId } from "../../../src/do/lifecycle/object-address.js";

const digits = "0".repeat(32);

const namespace = (jurisdiction: () => unknown) => ({
  [Symbol.toStringTag]: "DurableObjectNamespace",
  idFromString() {},
  jurisdiction,
});
const production = { X: namespace(() => ({})) };
const local = {
  X: namespace(() => {
    throw new Error("Jurisdiction restrictions are not implemented in workerd.");
  }),
};

describe("the address of an object", () => {
  it.each<[string, ObjectId, "eu" | undefined, object]>([
    ["a user", { name: `user:${digits}` }, undefined, production],
    ["a user in an app with a jurisdiction", { name: `user:${digits}` }, "eu", production],
    ["a user of the European Union", { name: `user:eu_${digits}`, jurisdiction: "eu" }, undefined, production],
    ["the app", { name: "app:main" }, undefined, production],
    ["the app in the European Union", { name: "app:main", jurisdiction: "eu" }, "eu", production],
    ["a local user", { name: `eu/user:eu_${digits}` }, undefined, local],
    ["the local app", { name: "eu/app:main" }, "eu", local],
  ])("is accepted for %s", (_name, id, appJurisdiction, env) => {
    expect(addressOf(id, { env, appJurisdiction })).toMatchObject({ id: expect.any(String) as string });
  });

  it.each<[string, ObjectId, "eu" | undefined, object, string]>([
    ["a user outside the jurisdiction of the id", { name: `user:eu_${digits}` }, undefined, production, '"eu"'],
    [
      "a user in another jurisdiction",
      { name: `user:eu_${digits}`, jurisdiction: "us" },
      undefined,
      production,
      '"us"',
    ],
    ["an old user in a jurisdiction", { name: `user:${digits}`, jurisdiction: "eu" }, undefined, production, "none"],
    ["an index that a caller without the setting addressed", { name: "email:ab" }, "eu", production, "appJurisdiction"],
    ["an index of another setting", { name: "email:ab", jurisdiction: "us" }, "eu", production, "appJurisdiction"],
    ["an index without a setting", { name: "email:ab", jurisdiction: "us" }, undefined, production, "appJurisdiction"],
    ["the local app without the setting", { name: "app:main" }, "eu", local, "appJurisdiction"],
    ["the local app of another setting", { name: "us/app:main" }, "eu", local, "appJurisdiction"],
    ["a local name in production", { name: "eu/app:main" }, "eu", production, "does not use"],
    ["a local name without a binding", { name: "eu/app:main" }, "eu", {}, "does not use"],
    ["an unknown jurisdiction", { name: `user:mars_${digits}` }, undefined, production, "does not use"],
    ["no name", {}, undefined, production, "not addressed by name"],
  ])("is rejected for %s", (_name, id, appJurisdiction, env, message) => {
    expect(() => addressOf(id, { env, appJurisdiction })).toThrow(message);
  });
});
