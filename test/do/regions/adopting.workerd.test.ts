import { env } from "cloudflare:workers";
import { evictDurableObject } from "cloudflare:test";
import { createCaller } from "trpc-userdo/worker";
import { afterEach, expect, it } from "vitest";
import { emailObjectAddress } from "../../../src/shared/email-object-address.js";
import { toName } from "../../../src/shared/owner.js";
import { deployed, type RegionsRouter } from "../../fixtures/app/regions.js";
import { freshEmail, openBrowser, password } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";
import { eventually } from "../../fixtures/eventually.js";
import { regionsClient } from "../../fixtures/regions.js";

const caller = createCaller<RegionsRouter>(env.PLAIN_DO);

afterEach(() => void Object.assign(deployed, { jurisdiction: undefined, appJurisdiction: undefined }));

async function open(action: "signup" | "login", email: string) {
  const browser = openBrowser();
  const client = regionsClient(browser, "/plain");
  const { user } = await client.auth[action].mutate({ email, password });
  return { browser, client, user };
}

it("an app that adds a jurisdiction keeps its users, their organizations, and the index of their addresses", async () => {
  const [old, young] = [freshEmail(), freshEmail()];
  const before = await open("signup", old);
  expect(before.user.id).toMatch(/^[0-9a-f]{32}$/);
  const { id: organizationId } = await before.client.organizations.create.mutate({ name: "Acme" });
  expect(organizationId).toMatch(/^[0-9a-f]{32}$/);

  deployed.jurisdiction = "eu";
  expect((await before.client.auth.me.query()).user.id).toBe(before.user.id);
  expect((await open("login", old)).user.id).toBe(before.user.id);
  expect(await codeOf(open("signup", old))).toBe("CONFLICT");
  const after = await open("signup", young);
  expect(after.user.id).toMatch(/^eu_[0-9a-f]{32}$/);
  expect((await open("login", young)).user.id).toBe(after.user.id);
  // The objects that users share stay where they were.
  const address = await emailObjectAddress(env.INDEX_SECRET, young);
  expect(env.PLAIN_DO.idFromName(toName(address)).name).toBe(toName(address));
  await eventually(async () => {
    const { items } = await caller.asSystem().admin.users.list({});
    expect(items.map(({ id }) => id)).toEqual(expect.arrayContaining([before.user.id, after.user.id]));
  });

  // Without the option again, users keep their places.
  deployed.jurisdiction = undefined;
  expect((await open("login", young)).user.id).toBe(after.user.id);
  expect((await open("signup", freshEmail())).user.id).toMatch(/^[0-9a-f]{32}$/);
});

it("an app that changes `appJurisdiction` gets an error with the setting's name, until it is set back", async () => {
  const email = freshEmail();
  const { client, user } = await open("signup", email);
  const redeploy = (): Promise<void> => evictDurableObject(env.PLAIN_DO.getByName(`user:${user.id}`));

  deployed.appJurisdiction = "eu";
  await redeploy();
  await expect(client.auth.me.query()).rejects.toMatchObject({
    message: expect.stringContaining(
      '`appJurisdiction` is "eu", but this object was created when it was none.',
    ) as string,
    data: { reason: "CONFIGURATION_INVALID" },
  });
  // Another user, of the new setting.
  const other = await open("signup", freshEmail());
  expect((await other.client.auth.me.query()).user.id).toBe(other.user.id);

  deployed.appJurisdiction = undefined;
  await redeploy();
  expect((await client.auth.me.query()).user.id).toBe(user.id);
  expect((await open("login", email)).user.id).toBe(user.id);
  await evictDurableObject(env.PLAIN_DO.getByName(`user:${other.user.id}`));
  await expect(other.client.auth.me.query()).rejects.toMatchObject({ data: { reason: "CONFIGURATION_INVALID" } });
});
