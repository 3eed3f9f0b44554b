import { describe, expect, it } from "vitest";
import {
  checkLocationOptions,
  locate,
  type LocationOptions,
  type NewOrganization,
  type NewUser,
} from "../../../src/do/lifecycle/data-location.js";

const env = {} as NewUser["env"];
const user: NewUser = { type: "user", request: { hostname: "app.example.com", cf: {} }, profile: undefined, env };
const organization: NewOrganization = { type: "organization", user: {} as never, jurisdiction: "us", env };

describe("the place of a new object", () => {
  it.each<[string, LocationOptions, object, object]>([
    ["without options", {}, {}, { jurisdiction: "us" }],
    ["with a value", { jurisdiction: "eu" }, { jurisdiction: "eu" }, { jurisdiction: "eu" }],
    ["with a region", { locationHint: "oc" }, { locationHint: "oc" }, { jurisdiction: "us", locationHint: "oc" }],
    [
      "with functions",
      {
        jurisdiction: ({ type }) => (type === "user" ? "fedramp-high" : undefined),
        locationHint: ({ type }) => Promise.resolve(type === "user" ? undefined : ("weur" as const)),
      },
      { jurisdiction: "fedramp-high" },
      { locationHint: "weur" },
    ],
  ])("is chosen %s", async (_name, options, forUser, forOrganization) => {
    expect(await locate(options, user)).toEqual(forUser);
    expect(await locate(options, organization)).toEqual(forOrganization);
  });

  it.each([
    ["mars", '"mars"'],
    ["EU", '"EU"'],
    ["", '""'],
    ["constructor", '"constructor"'],
    [null, "object"],
    [7, "number"],
    [{ toString: () => "eu" }, "object"],
  ])("is an error if a function returns %j", async (value, returned) => {
    for (const name of ["jurisdiction", "locationHint"] as const) {
      const options: LocationOptions = { [name]: () => value as never };
      await expect(locate(options, user)).rejects.toMatchObject({
        name: "ConfigurationError",
        reason: "CONFIGURATION_INVALID",
        message: expect.stringContaining(
          `The function \`${name}\` returned ${returned}, which is not one of`,
        ) as string,
      });
    }
  });

  it("is an error if a function fails", async () => {
    const failure = new Error("Not today.");
    const options: LocationOptions = { jurisdiction: () => Promise.reject(failure) };
    await expect(locate(options, user)).rejects.toBe(failure);
  });
});

describe("the options", () => {
  it.each(["mars", "", null, 7, ["eu"]])("reject %j when the app starts", (value) => {
    expect(() => checkLocationOptions({ jurisdiction: value as never })).toThrow(/^jurisdiction: .* Use one of "eu"/);
    expect(() => checkLocationOptions({ locationHint: value as never })).toThrow(/^locationHint: .* Use one of "wnam"/);
  });

  it("accept values of the platform, functions and nothing", () => {
    checkLocationOptions({});
    checkLocationOptions({ jurisdiction: "fedramp", locationHint: "apac-se" });
    checkLocationOptions({ jurisdiction: () => undefined, locationHint: () => undefined });
  });
});
