import { env } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { beforeEach, expect, it } from "vitest";
import { eventually } from "../../fixtures/eventually.js";
import { becomeEarlierVersion } from "../../fixtures/earlier-version.js";
import {
  addressName,
  invitationTo,
  listed,
  organizationName,
  untilIdle,
  signUpVerified,
} from "../../fixtures/organizations.js";
import { codeOf } from "../../fixtures/error-code.js";
import type { Person } from "../../fixtures/organizations.js";

let ada: Person;
let bob: Person;
let organizationId: string;

beforeEach(async () => {
  [ada, bob] = [await signUpVerified(), await signUpVerified()];
  organizationId = (await ada.client.organizations.create.mutate({ name: "Acme" })).id;
});

/** Runs statements in an object as if the version before had stored its tables, and evicts it. */
async function downgrade(name: string, statements: readonly string[]): Promise<void> {
  const stub = env.BLOG_DO.getByName(name);
  await runInDurableObject(stub, (_instance, { storage: { sql } }) => {
    for (const statement of statements) sql.exec(statement);
    becomeEarlierVersion(sql);
  });
  await evictDurableObject(stub);
}

const invite = () =>
  ada.client.organizations.invitations.create.mutate({ organizationId, email: bob.email, role: "member" });

/** An invitation in the tables of all three objects, as the version before stored it. */
async function invitedByEarlierVersion(): Promise<string> {
  await invite();
  const invitationId = await invitationTo(organizationId, bob);
  await untilIdle(organizationName(organizationId), await addressName(bob.email));
  await downgrade(`user:${bob.user.id}`, [
    "DROP TRIGGER _inviters_delete",
    "DROP TABLE _inviters",
    "DROP TABLE _blocked_inviters",
  ]);
  await downgrade(organizationName(organizationId), ["DROP TRIGGER _inviters_delete", "DROP TABLE _inviters"]);
  await downgrade(await addressName(bob.email), [
    "UPDATE _waiting SET invitation = json_remove(invitation, '$.inviter')",
    "DROP TABLE _admitted_invitations",
  ]);
  return invitationId;
}

it("reads an invitation that the version before stored, with an inviter who is not known to be verified", async () => {
  const invitationId = await invitedByEarlierVersion();
  const inviter = { email: ada.email, emailVerified: false };
  expect((await listed(bob)).get(organizationId)).toMatchObject({ invitationId, invitedBy: ada.email, inviter });
  expect(await ada.client.organizations.invitations.list.query({ organizationId })).toMatchObject([{ inviter }]);
  await bob.client.organizations.invitations.accept.mutate({ invitationId });
  expect((await listed(bob)).get(organizationId)).toMatchObject({ status: "member" });
});

it("lists the inviter as verified once such an invitation is sent again", async () => {
  const invitationId = await invitedByEarlierVersion();
  await ada.client.organizations.invitations.resend.mutate({ organizationId, invitationId });
  await eventually(async () =>
    expect((await listed(bob)).get(organizationId)).toMatchObject({ inviter: { emailVerified: true } }),
  );
});

it("declines such invitations all at once", async () => {
  await invitedByEarlierVersion();
  expect(await bob.client.organizations.invitations.declineAll.mutate()).toBe(1);
  await eventually(async () =>
    expect(await ada.client.organizations.invitations.list.query({ organizationId })).toEqual([]),
  );
});

it("blocks the inviter of such an invitation, by the address until the user is known", async () => {
  const invitationId = await invitedByEarlierVersion();
  await bob.client.organizations.invitations.blockInviter.mutate({ invitationId });
  expect((await listed(bob)).has(organizationId)).toBe(false);
  const other = (await ada.client.organizations.create.mutate({ name: "Acme 2" })).id;
  await ada.client.organizations.invitations.create.mutate({ organizationId: other, email: bob.email, role: "member" });
  await untilIdle(organizationName(other), await addressName(bob.email));
  expect((await listed(bob)).has(other)).toBe(false);
});

it("delivers an invitation that waits in the outbox of the version before", async () => {
  const stub = env.BLOG_DO.getByName(await addressName(bob.email));
  const payload = {
    id: "an-invitation-of-an-earlier-version",
    email: bob.email,
    organizationId,
    name: "Acme",
    role: "member",
    invitedBy: ada.email,
    expiresAt: Date.now() + 60 * 60_000,
    mail: true,
  };
  const letters = [{ seq: 1, kind: "invitation", payload }];
  expect(await stub.internal({ op: "deliver", source: "organization:earlier 1", letters })).toEqual({ done: 1 });
  expect(await invitationTo(organizationId, bob)).toBe(payload.id);
  expect((await listed(bob)).get(organizationId)).toMatchObject({
    inviter: { email: ada.email, emailVerified: false },
  });
  // The organization has not stored it.
  const { invitations } = bob.client.organizations;
  expect(await codeOf(invitations.accept.mutate({ invitationId: payload.id }))).toBe("NOT_FOUND");
});

it("leaves tables in which the version before can store invitations, after a rollback", async () => {
  await invite();
  const id = await invitationTo(organizationId, bob);
  const inserts = {
    [`user:${bob.user.id}`]: "INSERT OR REPLACE INTO _invited VALUES (?, 'e', 'o', 'n', 'r', NULL, 1)",
    [organizationName(organizationId)]:
      "INSERT OR REPLACE INTO _invitations VALUES (?, 'e', 'r', NULL, NULL, 't', 1, 1)",
  };
  for (const [name, insert] of Object.entries(inserts)) {
    await runInDurableObject(env.BLOG_DO.getByName(name), (_instance, { storage: { sql } }) => {
      const table = name.startsWith("user:") ? "_invited" : "_invitations";
      sql.exec(insert, `rolled-back-${id}`);
      sql.exec(`DELETE FROM ${table} WHERE id = ?`, id);
      expect(sql.exec("SELECT * FROM _inviters").toArray()).toEqual([]);
    });
  }
});
