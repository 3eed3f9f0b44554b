import { env } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, it } from "vitest";
import { eventually } from "../../fixtures/eventually.js";
import { createCaller } from "../../../src/worker/create-caller.js";
import type { AppRouter } from "../../fixtures/app/router.js";
import { freshEmail, password, signUp } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";
import { countMails, mailTo, tokenTo } from "../../fixtures/mail.js";
import {
  addressName,
  invitationTo,
  listed,
  organizationName,
  untilIdle,
  signUpVerified,
  verify,
  type Person,
} from "../../fixtures/organizations.js";

let ada: Person;
let bob: Person;

beforeEach(async () => {
  [ada, bob] = [await signUpVerified(), await signUpVerified()];
});

const createOrganization = async (by = ada) => (await by.client.organizations.create.mutate({ name: "Acme" })).id;
const invite = (organizationId: string, { email } = bob, by = ada) =>
  by.client.organizations.invitations.create.mutate({ organizationId, email, role: "member" });
const invited = async (person = bob) =>
  [...(await listed(person)).values()].filter(({ status }) => status === "invited").map(({ id }) => id);

/** Waits until an invitation would have been listed and mailed. */
async function settled(organizationId: string, { email, user } = bob): Promise<void> {
  await untilIdle(organizationName(organizationId), await addressName(email), `user:${user.id}`);
}

async function invitedAndBlocked(): Promise<string> {
  const organizationId = await createOrganization();
  await invite(organizationId);
  const invitationId = await invitationTo(organizationId, bob);
  await bob.client.organizations.invitations.blockInviter.mutate({ invitationId });
  return organizationId;
}

describe("a blocked inviter", () => {
  it("has no pending or arriving invitation to any organization, and no mail", async () => {
    const [first, second] = [await createOrganization(), await createOrganization()];
    await Promise.all([invite(first), invite(second)]);
    const invitationId = await invitationTo(first, bob);
    await invitationTo(second, bob);
    await mailTo(bob.email, "invitation", 2);
    expect(await bob.client.organizations.invitations.blockInviter.mutate({ invitationId })).toEqual({
      id: expect.any(String),
      email: ada.email,
      blockedAt: expect.any(Date),
    });
    expect(await invited()).toEqual([]);
    const third = await createOrganization();
    await invite(third);
    await settled(third);
    await evictDurableObject(env.BLOG_DO.getByName(`user:${bob.user.id}`));
    expect(await invited()).toEqual([]);
    expect(countMails(bob.email, "invitation")).toBe(2);
  });

  it("sees no difference: their invitations look unanswered, can be sent again, and are counted alike", async () => {
    const organizationId = await invitedAndBlocked();
    const { invitations } = ada.client.organizations;
    const [waiting] = await invitations.list.query({ organizationId });
    expect(waiting).toMatchObject({ email: bob.email, role: "member" });
    await invitations.resend.mutate({ organizationId, invitationId: waiting?.id ?? "" });
    const [other, outcomes] = [await signUpVerified(), [] as unknown[]];
    for (let count = 0; count < 11; count++) {
      const id = await createOrganization();
      outcomes.push([await codeOf(invite(id)), await codeOf(invite(id, other))]);
    }
    // Another invitation already waits for Bob.
    expect(outcomes.slice(0, 9)).toEqual(Array(9).fill(["none", "none"]));
    expect(outcomes[10]).toEqual(["TOO_MANY_REQUESTS", "TOO_MANY_REQUESTS"]);
    await settled(organizationId);
    expect(await invited()).toEqual([]);
    expect(countMails(bob.email, "invitation")).toBe(1);
  });

  it("stays blocked after a change of their own address, and for another address of the user", async () => {
    await invitedAndBlocked();
    const [own, theirs] = [freshEmail(), freshEmail()];
    for (const [{ client }, email] of [
      [bob, own],
      [ada, theirs],
    ] as const) {
      await client.auth.changeEmail.mutate({ email, password });
      const token = await tokenTo(email, "changeEmail");
      await client.auth.confirmEmailChange.mutate({ token });
    }
    const organizationId = await createOrganization();
    await invite(organizationId, { ...bob, email: own });
    await settled(organizationId, { ...bob, email: own });
    expect(await invited()).toEqual([]);
    expect(countMails(own, "invitation")).toBe(0);
  });

  it("stays blocked when the organization is renamed", async () => {
    const organizationId = await invitedAndBlocked();
    await ada.client.organizations.update.mutate({ organizationId, name: "Acme again" });
    await settled(organizationId);
    expect(await invited()).toEqual([]);
  });

  it("cannot prevent others from inviting, however many of their invitations wait", async () => {
    const strangers = await Promise.all(Array.from({ length: 5 }, () => signUp()));
    for (const stranger of strangers) {
      await Promise.all(
        Array.from({ length: 10 }, async () => invite(await createOrganization(stranger), bob, stranger)),
      );
    }
    const organizationId = await createOrganization();
    expect(await codeOf(invite(organizationId))).toBe("TOO_MANY_REQUESTS");
    await eventually(async () => expect(await invited()).toHaveLength(50));
    for (const { email } of strangers) {
      const waiting = [...(await listed(bob)).values()];
      const found = waiting.find((each) => each.status === "invited" && each.inviter?.email === email);
      if (found?.status !== "invited") throw new Error("There is no invitation of this inviter.");
      await bob.client.organizations.invitations.blockInviter.mutate({ invitationId: found.invitationId });
    }
    await invite(organizationId);
    await eventually(async () => expect(await invited()).toEqual([organizationId]));
    // A blocked inviter may send ten, like any inviter.
    const another = createOrganization(strangers[0]).then((id) => invite(id, bob, strangers[0]));
    expect(await codeOf(another)).toBe("TOO_MANY_REQUESTS");
  });

  it("does not affect invitations of others", async () => {
    const eve = await signUpVerified();
    const theirs = await createOrganization(eve);
    await invite(theirs, bob, eve);
    await invitationTo(theirs, bob);
    await invitedAndBlocked();
    expect(await invited()).toEqual([theirs]);
    const later = await createOrganization(eve);
    await invite(later, bob, eve);
    await invitationTo(later, bob);
    await mailTo(bob.email, "invitation", 3);
  });

  it("can be unblocked and invite again", async () => {
    await invitedAndBlocked();
    const { invitations } = bob.client.organizations;
    const [block] = await invitations.blockedInviters.query();
    expect(block?.email).toBe(ada.email);
    await invitations.unblockInviter.mutate({ id: block?.id ?? "" });
    expect(await invitations.blockedInviters.query()).toEqual([]);
    expect(await codeOf(invitations.unblockInviter.mutate({ id: block?.id ?? "" }))).toBe("NOT_FOUND");
    const organizationId = await createOrganization();
    await invite(organizationId);
    await invitationTo(organizationId, bob);
  });

  it("is blocked once when twenty block them at once", async () => {
    const organizationId = await createOrganization();
    await invite(organizationId);
    const invitationId = await invitationTo(organizationId, bob);
    const { invitations } = bob.client.organizations;
    const codes = await Promise.all(
      Array.from({ length: 20 }, () => codeOf(invitations.blockInviter.mutate({ invitationId }))),
    );
    expect(codes.filter((code) => code === "none")).toHaveLength(1);
    expect(await invitations.blockedInviters.query()).toHaveLength(1);
  });

  it("cannot be the app itself, nor the inviter of an invitation to somebody else", async () => {
    const [organizationId, eve] = [await createOrganization(), await signUpVerified()];
    await createCaller<AppRouter>(env.BLOG_DO)
      .asSystem()
      .organizations.invitations.create({ organizationId, email: bob.email, role: "member" });
    const invitationId = await invitationTo(organizationId, bob);
    const block = (person: Person) =>
      codeOf(person.client.organizations.invitations.blockInviter.mutate({ invitationId }));
    expect(await block(bob)).toBe("BAD_REQUEST");
    expect(await block(eve)).toBe("NOT_FOUND");
    expect(await invited()).toEqual([organizationId]);
  });

  it("is not blocked for an address by an account that has not verified it", async () => {
    const stranger = await signUp();
    const organizationId = await createOrganization();
    const { id: invitationId } = await invite(organizationId, stranger);
    const { invitations } = stranger.client.organizations;
    expect(await codeOf(invitations.blockInviter.mutate({ invitationId }))).toBe("FORBIDDEN");
    expect(await codeOf(invitations.declineAll.mutate())).toBe("FORBIDDEN");
    await mailTo(stranger.email, "invitation");
  });
});

describe("declining all invitations", () => {
  it("deletes them on all sides, and returns how many there were", async () => {
    const ids = await Promise.all(Array.from({ length: 5 }, () => createOrganization()));
    for (const id of ids) {
      await invite(id);
      await invitationTo(id, bob);
    }
    const { invitations } = bob.client.organizations;
    const counts = await Promise.all(Array.from({ length: 20 }, () => invitations.declineAll.mutate()));
    expect(counts.toSorted((one, other) => other - one)).toEqual([5, ...Array<number>(19).fill(0)]);
    expect(await invited()).toEqual([]);
    for (const organizationId of ids) {
      await eventually(async () =>
        expect(await ada.client.organizations.invitations.list.query({ organizationId })).toEqual([]),
      );
    }
    for (const id of ids) await untilIdle(organizationName(id));
    const stub = env.BLOG_DO.getByName(await addressName(bob.email));
    const waiting = await runInDurableObject(stub, (_instance, { storage: { sql } }) =>
      sql.exec("SELECT 1 FROM _waiting UNION ALL SELECT 1 FROM _admitted_invitations").toArray(),
    );
    expect(waiting).toEqual([]);
  });

  it("keeps memberships, and lets the organization invite again", async () => {
    const [own, theirs] = [await createOrganization(bob), await createOrganization()];
    await invite(theirs);
    await invitationTo(theirs, bob);
    expect(await bob.client.organizations.invitations.declineAll.mutate()).toBe(1);
    expect([...(await listed(bob)).keys()]).toEqual([own]);
    await eventually(async () =>
      expect(await ada.client.organizations.invitations.list.query({ organizationId: theirs })).toEqual([]),
    );
    await invite(theirs);
    await invitationTo(theirs, bob);
  });
});

describe("the inviter of an invitation", () => {
  it.each([true, false])("is listed with whether their address is verified: %j", async (emailVerified) => {
    const inviter = emailVerified ? ada : await signUp();
    const organizationId = await createOrganization(inviter);
    const expected = { email: inviter.email, emailVerified };
    expect((await invite(organizationId, bob, inviter)).inviter).toEqual(expected);
    await invitationTo(organizationId, bob);
    expect((await listed(bob)).get(organizationId)).toMatchObject({ invitedBy: inviter.email, inviter: expected });
    expect(await mailTo(bob.email, "invitation")).toMatchObject({ inviter: expected });
  });

  it("is listed as verified once they are, and the invitation was sent again", async () => {
    const inviter = await signUp();
    const organizationId = await createOrganization(inviter);
    const { id: invitationId } = await invite(organizationId, bob, inviter);
    await verify(inviter.email);
    const { invitations } = inviter.client.organizations;
    const sent = await invitations.resend.mutate({ organizationId, invitationId });
    expect(sent.inviter).toEqual({ email: inviter.email, emailVerified: true });
    await eventually(async () =>
      expect((await listed(bob)).get(organizationId)).toMatchObject({ inviter: { emailVerified: true } }),
    );
  });

  it("is undefined when the app itself invites", async () => {
    const organizationId = await createOrganization();
    const input = { organizationId, email: bob.email, role: "member" } as const;
    const sent = await createCaller<AppRouter>(env.BLOG_DO).asSystem().organizations.invitations.create(input);
    expect(sent.inviter).toBeUndefined();
    await invitationTo(organizationId, bob);
    expect((await listed(bob)).get(organizationId)).toMatchObject({ invitedBy: undefined, inviter: undefined });
  });
});
