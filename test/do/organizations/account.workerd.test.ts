import { env } from "cloudflare:workers";
import { abortAllDurableObjects } from "cloudflare:test";
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { eventually } from "../../fixtures/eventually.js";
import { freshEmail, password } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";
import { tokenTo, openChangeLink } from "../../fixtures/mail.js";
import {
  addressName,
  invitationTo,
  join,
  listed,
  organizationName,
  untilIdle,
  signUpVerified,
  storedIn,
  type Person,
} from "../../fixtures/organizations.js";

let ada: Person;
let organizationId: string;

beforeAll(async () => {
  ada = await signUpVerified();
});

beforeEach(async () => {
  organizationId = (await ada.client.organizations.create.mutate({ name: "Acme" })).id;
});

const membersOf = async () => {
  const members = await ada.client.organizations.members.list.query({ organizationId });
  return members.map(({ email, role }) => [email, role]);
};
const invite = (email: string, role: "admin" | "member" = "member") =>
  ada.client.organizations.invitations.create.mutate({ organizationId, email, role });

async function changeEmail({ client }: Person): Promise<string> {
  const email = freshEmail();
  await client.auth.changeEmail.mutate({ email, password });
  await openChangeLink(await tokenTo(email, "changeEmail"));
  return email;
}

describe("a change of address", () => {
  it("keeps memberships and the id, and updates the organization", async () => {
    const bob = await signUpVerified();
    await join(organizationId, { by: ada, who: bob, role: "admin" });
    const email = await changeEmail(bob);
    expect((await listed(bob)).get(organizationId)).toMatchObject({ status: "member", role: "admin" });
    expect(await membersOf()).toEqual([
      [ada.email, "owner"],
      [email, "admin"],
    ]);
    expect(await storedIn(organizationName(organizationId))).not.toContain(bob.email);
  });

  it("delivers invitations to the new address and deletes those to the old one", async () => {
    const bob = await signUpVerified();
    await invite(bob.email);
    const invitationId = await invitationTo(organizationId, bob);
    const email = await changeEmail(bob);
    expect((await listed(bob)).has(organizationId)).toBe(false);
    expect(await codeOf(bob.client.organizations.invitations.accept.mutate({ invitationId }))).toBe("NOT_FOUND");
    await invite(email, "admin");
    await eventually(async () => expect((await listed(bob)).get(organizationId)?.role).toBe("admin"));
  });

  it("reaches the organization when the object is stopped right after the change", async () => {
    const bob = await signUpVerified();
    await join(organizationId, { by: ada, who: bob, role: "member" });
    const email = await changeEmail(bob);
    await abortAllDurableObjects();
    await vi.waitFor(async () => expect(await membersOf()).toContainEqual([email, "member"]), { timeout: 5_000 });
  });
});

describe("the deletion of an account", () => {
  it("leaves nothing in organizations or at addresses that it invited", async () => {
    const bob = await signUpVerified();
    await join(organizationId, { by: ada, who: bob, role: "admin" });
    const invited = freshEmail();
    await bob.client.organizations.invitations.create.mutate({ organizationId, email: invited, role: "member" });
    await bob.client.projects.list.query({ organizationId });
    await bob.client.account.delete.mutate({ password });
    expect(await membersOf()).toEqual([[ada.email, "owner"]]);
    await untilIdle(organizationName(organizationId));
    const stored = await storedIn(organizationName(organizationId));
    expect(stored).not.toContain(bob.email);
    // Its random id stays in the tables of message numbers and logged changes and in the audit log, and nowhere else.
    const rest = stored.split("\n").filter((table) => !/^\["_(inbox|outbox_seq|changes|actions)"/.test(table));
    expect(rest.join("\n")).not.toContain(bob.user.id);
    expect(await storedIn(await addressName(invited))).not.toContain(bob.email);
    expect(await storedIn(`user:${bob.user.id}`)).toBe("");
  });

  it("requires the last owner to transfer shared organizations, and deletes unshared ones", async () => {
    const [bob, eve] = await Promise.all([signUpVerified(), signUpVerified()]);
    const { id: shared } = await bob.client.organizations.create.mutate({ name: "Shared" });
    const { id: own } = await bob.client.organizations.create.mutate({ name: "Own" });
    organizationId = shared;
    await join(shared, { by: bob, who: eve, role: "member" });
    expect(await codeOf(bob.client.account.delete.mutate({ password }))).toBe("CONFLICT");
    await bob.client.organizations.transfer.mutate({ organizationId: shared, userId: eve.user.id });
    await bob.client.account.delete.mutate({ password });
    await vi.waitFor(async () => expect(await storedIn(organizationName(own))).toBe(""), { timeout: 8_000 });
    expect(await eve.client.organizations.members.list.query({ organizationId: shared })).toMatchObject([
      { userId: eve.user.id, role: "owner" },
    ]);
  });

  it("leaves an organization to the next member in rank when its last owner no longer exists", async () => {
    const [bob, eve] = await Promise.all([signUpVerified(), signUpVerified()]);
    await join(organizationId, { by: ada, who: eve, role: "member" });
    await join(organizationId, { by: ada, who: bob, role: "admin" });
    const letters = [{ seq: 1, kind: "memberGone", payload: { userId: ada.user.id } }];
    const object = env.BLOG_DO.getByName(organizationName(organizationId));
    await object.internal({ op: "deliver", source: "user:gone 1", letters });
    expect(await bob.client.organizations.members.list.query({ organizationId })).toMatchObject([
      { userId: bob.user.id, role: "owner" },
      { userId: eve.user.id, role: "member" },
    ]);
  });

  it("ends a membership when an organization finds that its member no longer exists", async () => {
    const gone = { userId: "f".repeat(32), email: freshEmail() };
    const { id: invitationId } = await invite(gone.email);
    const object = env.BLOG_DO.getByName(organizationName(organizationId));
    await object.internal({ op: "answerInvitation", answer: "accept", invitationId, ...gone });
    await untilIdle(organizationName(organizationId));
    expect(await membersOf()).toEqual([[ada.email, "owner"]]);
    expect(await storedIn(`user:${gone.userId}`)).toBe("");
  });
});
