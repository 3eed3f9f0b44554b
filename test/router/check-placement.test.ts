import { describe, expect, it } from "vitest";
import { checkPlacement } from "../../src/router/check-placement.js";
import type { Placement } from "../../src/router/placement.js";
import { appAddress, type ObjectAddress } from "../../src/shared/owner.js";

const user: ObjectAddress = { type: "user", id: "0".repeat(32) };
const organization: ObjectAddress = { type: "organization", id: "1".repeat(32) };
const email: ObjectAddress = { type: "email", id: "2".repeat(43) };
const objects = { user, organization, email, app: appAddress };

const belongs: Record<Placement["kind"], readonly (keyof typeof objects)[]> = {
  anywhere: ["user", "organization", "email", "app"],
  owner: ["organization"],
  live: ["user", "organization", "email", "app"],
  user: ["user"],
  refresh: ["user"],
  mail: ["user"],
  organization: ["organization"],
  app: ["app"],
  email: ["email"],
};

const check = (kind: Placement["kind"], address: ObjectAddress, input?: unknown) => () =>
  checkPlacement({ kind, setsCookies: "never" }, address, input);

describe.each(Object.entries(belongs))("a procedure of the kind %s", (kind, places) => {
  it.each(Object.entries(objects))("is checked in an object of the kind %s", (type, address) => {
    const call = check(kind as Placement["kind"], address, { organizationId: address.id });
    if ((places as readonly string[]).includes(type)) expect(call).not.toThrow();
    else expect(call).toThrow(expect.objectContaining({ code: "FORBIDDEN" }) as Error);
  });
});

it.each([user, appAddress])("accepts a call to the owner of %j without an organization", (address) => {
  expect(check("owner", address, {})).not.toThrow();
});

it("rejects a call for another organization in an organization's object", () => {
  expect(check("organization", organization, { organizationId: organization.id })).not.toThrow();
  expect(check("organization", organization, { organizationId: "3".repeat(32) })).toThrow("another organization");
});

it.each([[undefined], [null], [{}], [[]], ["text"], [{ organizationId: 5 }], [{ organizationId: [organization.id] }]])(
  "accepts an input without a valid organizationId, which the input schema rejects: %j",
  (input) => expect(check("organization", organization, input)).not.toThrow(),
);

it.each(["user", "organization", "app"] as const)(
  "names the owner %s of a call that was sent to another object",
  (kind) => {
    const send = () => checkPlacement({ kind, setsCookies: "never" }, email, undefined, { isSent: true });
    expect(send).toThrow(expect.objectContaining({ owner: kind }) as Error);
    expect(check(kind, email)).toThrow(expect.objectContaining({ owner: undefined }) as Error);
  },
);
