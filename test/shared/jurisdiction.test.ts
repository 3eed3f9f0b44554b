import { describe, expect, it } from "vitest";
import {
  isJurisdiction,
  jurisdictionOf,
  JURISDICTIONS,
  OWNER_ID,
  withJurisdiction,
} from "../../src/shared/jurisdiction.js";
import { isLocationHint, LOCATION_HINTS } from "../../src/shared/location-hint.js";
import { stubOf } from "../../src/shared/object-stub.js";
import { appAddress, jurisdictionOfObject, parseName, toName, type ObjectAddress } from "../../src/shared/owner.js";
import { parseLocalName } from "../../src/shared/restricted-namespace.js";

const digits = "0123456789abcdef".repeat(2);

/** A namespace that implements jurisdictions, as in production. Its stubs are descriptions. */
const platform = {
  getByName: (name: string, options?: { readonly locationHint?: string }) => ({ name, ...options }),
  jurisdiction: (jurisdiction: string) => ({
    getByName: (name: string, options?: { readonly locationHint?: string }) => ({ name, jurisdiction, ...options }),
  }),
};

/** A namespace that fails with this message for every jurisdiction. */
const failing = (message: string) => ({
  ...platform,
  jurisdiction(): never {
    throw new Error(message);
  },
});

const local = failing("Jurisdiction restrictions are not implemented in workerd.");

describe("the jurisdiction of an id", () => {
  it.each(JURISDICTIONS)("is read from an id in %s", (jurisdiction) => {
    const id = withJurisdiction(digits, jurisdiction);
    expect(id).toBe(`${jurisdiction}_${digits}`);
    expect(jurisdictionOf(id)).toBe(jurisdiction);
    expect(id).toMatch(new RegExp(`^${OWNER_ID}$`));
    for (const type of ["user", "organization"] as const) expect(parseName(toName({ type, id }))).toEqual({ type, id });
  });

  it("does not exist in an id of an earlier version", () => {
    expect(withJurisdiction(digits, undefined)).toBe(digits);
    expect(jurisdictionOf(digits)).toBeUndefined();
    expect(parseName(`user:${digits}`)).toEqual({ type: "user", id: digits });
    expect(digits).toMatch(new RegExp(`^${OWNER_ID}$`));
  });

  it.each([
    ["an unknown jurisdiction", `mars_${digits}`],
    ["none before the separator", `_${digits}`],
    ["capitals", `EU_${digits}`],
    ["two jurisdictions", `eu_us_${digits}`],
    ["the beginning of a jurisdiction", `fed_${digits}`],
    ["too few digits", `eu_${digits.slice(1)}`],
    ["too many digits", `eu_${digits}0`],
    ["other characters", `eu_${"g".repeat(32)}`],
    ["a line break", `eu_${digits}\n`],
    ["a property of every object", "constructor_toString"],
    ["two separators", `eu__${digits}`],
  ])("is not accepted with %s", (_name, id) => {
    expect(parseName(`user:${id}`)).toBeUndefined();
    expect(parseName(`organization:${id}`)).toBeUndefined();
    expect(id).not.toMatch(new RegExp(`^${OWNER_ID}$`));
    expect(() => jurisdictionOfObject({ type: "user", id }, undefined)).toThrow("is not the id of a user");
  });

  it.each(["email", "directory"])("is not accepted in the name of an object of type %s", (type) => {
    expect(parseName(`${type}:eu_${digits}`)).toBeUndefined();
  });
});

describe("values of the platform", () => {
  it("are known, and no others", () => {
    expect(JURISDICTIONS.every(isJurisdiction)).toBe(true);
    expect(LOCATION_HINTS.every(isLocationHint)).toBe(true);
    for (const value of ["EU", "mars", "", null, undefined, 1, ["eu"]]) {
      expect(isJurisdiction(value)).toBe(false);
      expect(isLocationHint(value)).toBe(false);
    }
  });

  it("are those of the installed types", () => {
    const jurisdictions: Record<DurableObjectJurisdiction, true> = {
      eu: true,
      us: true,
      fedramp: true,
      "fedramp-high": true,
    };
    const hints: Record<DurableObjectLocationHint, true> = {
      wnam: true,
      enam: true,
      sam: true,
      weur: true,
      eeur: true,
      apac: true,
      "apac-ne": true,
      "apac-se": true,
      oc: true,
      afr: true,
      me: true,
    };
    expect(JURISDICTIONS.toSorted()).toEqual(Object.keys(jurisdictions).toSorted());
    expect(LOCATION_HINTS.toSorted()).toEqual(Object.keys(hints).toSorted());
  });
});

describe("the stub of an object", () => {
  const user: ObjectAddress = { type: "user", id: digits };
  const european: ObjectAddress = { type: "user", id: `eu_${digits}` };
  const email: ObjectAddress = { type: "email", id: "ab" };

  it.each<[string, ObjectAddress, "us" | undefined, object]>([
    ["a user without a jurisdiction", user, "us", { name: `user:${digits}` }],
    ["a user of the European Union", european, "us", { name: `user:eu_${digits}`, jurisdiction: "eu" }],
    ["an index object", email, "us", { name: "email:ab", jurisdiction: "us" }],
    ["an index object of an app without jurisdictions", email, undefined, { name: "email:ab" }],
    ["the object of the app", appAddress, "us", { name: "app:main", jurisdiction: "us" }],
  ])("is in the right jurisdiction for %s", (_name, address, appJurisdiction, stub) => {
    expect(stubOf({ objects: platform, appJurisdiction }, address)).toEqual(stub);
    const hinted = stubOf({ objects: platform, appJurisdiction }, address, { locationHint: "weur" });
    expect(hinted).toEqual({ ...stub, locationHint: "weur" });
  });

  it("has the jurisdiction in its name where the runtime does not implement jurisdictions", () => {
    const app = { objects: local, appJurisdiction: "us" } as const;
    expect(stubOf(app, european)).toEqual({ name: `eu/user:eu_${digits}` });
    expect(stubOf(app, appAddress)).toEqual({ name: "us/app:main" });
    expect(stubOf(app, user)).toEqual({ name: `user:${digits}` });
  });

  it("does not fall back to another place if the platform does not accept the jurisdiction", () => {
    const app = { objects: failing("Not for this account."), appJurisdiction: undefined };
    expect(() => stubOf(app, european)).toThrow('did not accept the jurisdiction "eu": Not for this account.');
  });
});

it.each([
  ["app:main", { jurisdiction: undefined, name: "app:main" }],
  ["eu/app:main", { jurisdiction: "eu", name: "app:main" }],
  ["fedramp-high/user:x", { jurisdiction: "fedramp-high", name: "user:x" }],
  ["mars/app:main", { jurisdiction: undefined, name: "mars/app:main" }],
  [undefined, { jurisdiction: undefined, name: undefined }],
])("splits the local name %s", (name, parts) => {
  expect(parseLocalName(name)).toEqual(parts);
});
