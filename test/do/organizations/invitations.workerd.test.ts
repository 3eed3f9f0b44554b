import { env } from "cloudflare:workers";
import { runDurableObjectAlarm } from "cloudflare:test";
import { createCaller } from "../../../src/worker/create-caller.js";
import type { AppRouter } from "../../fixtures/app/router.js";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { eventually } from "../../fixtures/eventually.js";
import { freshEmail, signUp } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";
import { countMails, mailTo } from "../../fixtures/mail.js";
import {
  addressName,
  invitationTo,
  join,
  listed,
  organizationName,
  untilIdle,
  signUpVerified,
  storedIn,
  verify,
  type Person,
} from "../../fixtures/organizations.js";

const DAY = 24 * 60 * 60_000;

let ada: Person;
let bob: Person;
let eve: Person;
let organizationId: string;

beforeAll(async () => {
  [ada, bob, eve] = await Promise.all([signUpVerified(), signUpVerified(), signUpVerified()]);
});

beforeEach(async () => {
  organizationId = (await ada.client.organizations.create.mutate({ name: "Acme" })).id;
});

afterEach(() => void vi.useRealTimers());

const invite = (email: string, role: "owner" | "admin" | "editor" | "member" = "member", by = ada) =>
  by.client.organizations.invitations.create.mutate({ organizationId, email, role });
const waiting = (by = ada) => by.client.organizations.invitations.list.query({ organizationId });
const membersOf = async (by = ada) =>
  (await by.client.organizations.members.list.query({ organizationId })).map(({ userId, role }) => [userId, role]);

describe("an invitation", () => {
  it("is listed by its recipient, who becomes a member by accepting it", async () => {
    const invitation = await invite(bob.email.toUpperCase(), "editor");
    expect(invitation).toMatchObject({ email: bob.email, role: "editor", invitedBy: ada.email });
    expect(await waiting()).toEqual([invitation]);
    const invitationId = await invitationTo(organizationId, bob);
    expect(invitationId).toBe(invitation.id);
    expect((await listed(bob)).get(organizationId)).toEqual({
      status: "invited",
      id: organizationId,
      name: "Acme",
      role: "editor",
      invitationId,
      invitedBy: ada.email,
      inviter: { email: ada.email, emailVerified: true },
      expiresAt: invitation.expiresAt,
    });
    expect(await codeOf(bob.client.projects.list.query({ organizationId }))).toBe("FORBIDDEN");

    const accepted = await bob.client.organizations.invitations.accept.mutate({ invitationId });
    expect(accepted).toMatchObject({ status: "member", id: organizationId, role: "editor" });
    expect((await listed(bob)).get(organizationId)).toEqual(accepted);
    expect(await membersOf(bob)).toEqual([
      [ada.user.id, "owner"],
      [bob.user.id, "editor"],
    ]);
    expect(await waiting()).toEqual([]);
    expect(await bob.client.organizations.invitations.accept.mutate({ invitationId })).toEqual(accepted);
    await bob.client.projects.create.mutate({ organizationId, name: "Bob's" });
    expect(await ada.client.projects.list.query({ organizationId })).toMatchObject([{ name: "Bob's" }]);
  });

  it("is mailed with a link, without secrets and without text that a stranger wrote", async () => {
    const email = freshEmail();
    const { id } = await invite(email);
    const mail = await mailTo(email, "invitation");
    expect(mail).toMatchObject({
      link: `https://app.example.com/blog/invitation#invitation=${id}`,
      invitationId: id,
      organization: { id: organizationId, name: "Acme" },
      role: "member",
      invitedBy: ada.email,
    });
    expect(mail.text).toContain(mail.link);
    expect(mail.subject + mail.text).not.toContain("Acme");
  });

  it("waits at an address without an account until it has signed up and is verified", async () => {
    const email = freshEmail();
    await invite(email);
    const person = await signUp(email);
    expect(await person.client.organizations.list.query()).toEqual([]);
    const [{ id: invitationId } = { id: "" }] = await waiting();
    expect(await codeOf(person.client.organizations.invitations.accept.mutate({ invitationId }))).toBe("FORBIDDEN");
    await verify(email);
    expect(await invitationTo(organizationId, person)).toBe(invitationId);
    await person.client.organizations.invitations.accept.mutate({ invitationId });
    expect((await membersOf()).at(-1)).toEqual([person.user.id, "member"]);
  });

  it("can be used by its address alone", async () => {
    const { id: invitationId } = await invite(bob.email);
    for (const how of ["accept", "decline"] as const) {
      expect(await codeOf(eve.client.organizations.invitations[how].mutate({ invitationId }))).toBe("NOT_FOUND");
    }
    const stub = env.BLOG_DO.getByName(organizationName(organizationId));
    const claim = {
      op: "answerInvitation",
      answer: "accept",
      invitationId,
      userId: eve.user.id,
      email: eve.email,
    } as const;
    expect(await stub.internal(claim)).toBe("invalid");
    expect(await membersOf()).toHaveLength(1);
  });

  it("creates one member when twenty requests accept it at once", async () => {
    await invite(bob.email);
    const invitationId = await invitationTo(organizationId, bob);
    const codes = await Promise.all(
      Array.from({ length: 20 }, () => codeOf(bob.client.organizations.invitations.accept.mutate({ invitationId }))),
    );
    expect(new Set(codes)).toEqual(new Set(["none"]));
    expect(await membersOf()).toEqual([
      [ada.user.id, "owner"],
      [bob.user.id, "member"],
    ]);
  });

  it("is created and mailed once when twenty requests invite one address at once", async () => {
    const email = freshEmail();
    const created = await Promise.all(Array.from({ length: 20 }, () => invite(email)));
    expect(new Set(created.map(({ id }) => id)).size).toBe(1);
    expect(await waiting()).toHaveLength(1);
    await mailTo(email, "invitation");
    expect(countMails(email, "invitation")).toBe(1);
  });

  it("is deleted on both sides when it is declined, and can be repeated", async () => {
    await invite(bob.email);
    const invitationId = await invitationTo(organizationId, bob);
    await bob.client.organizations.invitations.decline.mutate({ invitationId });
    expect((await listed(bob)).has(organizationId)).toBe(false);
    expect(await waiting()).toEqual([]);
    expect(await codeOf(bob.client.organizations.invitations.accept.mutate({ invitationId }))).toBe("NOT_FOUND");
    expect(await codeOf(bob.client.organizations.invitations.decline.mutate({ invitationId }))).toBe("NOT_FOUND");
    await invite(bob.email, "admin");
    expect(await invitationTo(organizationId, bob)).not.toBe(invitationId);
  });

  it("is deleted on both sides when it is cancelled", async () => {
    const { id } = await invite(bob.email);
    const invitationId = await invitationTo(organizationId, bob);
    await ada.client.organizations.invitations.cancel.mutate({ organizationId, invitationId: id });
    expect(await codeOf(bob.client.organizations.invitations.accept.mutate({ invitationId }))).toBe("NOT_FOUND");
    await eventually(async () => expect((await listed(bob)).has(organizationId)).toBe(false));
    expect(await codeOf(ada.client.organizations.invitations.cancel.mutate({ organizationId, invitationId: id }))).toBe(
      "NOT_FOUND",
    );
  });

  it("expires after a week, and leaves nothing of an address without an account", async () => {
    const email = freshEmail();
    await Promise.all([invite(bob.email), invite(email)]);
    const invitationId = await invitationTo(organizationId, bob);
    await mailTo(email, "invitation");
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 6.9 * DAY });
    expect(
      await createCaller<AppRouter>(env.BLOG_DO).asSystem().organizations.invitations.list({ organizationId }),
    ).toHaveLength(2);
    vi.setSystemTime(Date.now() + 0.2 * DAY);
    const system = createCaller<AppRouter>(env.BLOG_DO);
    expect(await system.asSystem().organizations.invitations.list({ organizationId })).toEqual([]);
    const { organizations } = system.asUser({ userId: bob.user.id });
    expect((await organizations.list()).map(({ id }) => id)).not.toContain(organizationId);
    await expect(organizations.invitations.accept({ invitationId })).rejects.toThrow("This invitation does not exist");
    await runDurableObjectAlarm(env.BLOG_DO.getByName(await addressName(email)));
    expect(await storedIn(await addressName(email))).toBe("");
    await runDurableObjectAlarm(env.BLOG_DO.getByName(organizationName(organizationId)));
    expect(await storedIn(organizationName(organizationId))).not.toContain(email);
  });

  it("waits for another week when it is sent again, and is mailed three times in an hour at most", async () => {
    const email = freshEmail();
    const { id: invitationId, expiresAt } = await invite(email);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 60_000 });
    const resend = () => ada.client.organizations.invitations.resend.mutate({ organizationId, invitationId });
    expect((await resend()).expiresAt.getTime()).toBeGreaterThan(expiresAt.getTime());
    await resend();
    expect(await codeOf(resend())).toBe("TOO_MANY_REQUESTS");
    await runDurableObjectAlarm(env.BLOG_DO.getByName(await addressName(email)));
    await mailTo(email, "invitation", 3);
    expect(
      await codeOf(ada.client.organizations.invitations.resend.mutate({ organizationId, invitationId: "no" })),
    ).toBe("NOT_FOUND");
  });

  it("is mailed three times in an hour by several organizations together, and always listed", async () => {
    const person = await signUpVerified();
    for (let count = 0; count < 4; count++) {
      organizationId = (await ada.client.organizations.create.mutate({ name: `Acme ${count}` })).id;
      await invite(person.email);
      await invitationTo(organizationId, person);
    }
    await mailTo(person.email, "invitation", 3);
    await untilIdle(await addressName(person.email));
    expect(countMails(person.email, "invitation")).toBe(3);
  });

  it("replaces an earlier one for another role", async () => {
    const { id } = await invite(bob.email, "member");
    const again = await invite(bob.email, "admin");
    expect(again.id).not.toBe(id);
    expect((await waiting()).map(({ role }) => role)).toEqual(["admin"]);
    expect(await codeOf(bob.client.organizations.invitations.accept.mutate({ invitationId: id }))).toBe("NOT_FOUND");
    await eventually(async () =>
      expect((await listed(bob)).get(organizationId)).toMatchObject({ invitationId: again.id, role: "admin" }),
    );
  });

  it("to a member is refused", async () => {
    expect(await codeOf(invite(ada.email))).toBe("CONFLICT");
  });

  it("gives no membership once its inviter may not invite any more", async () => {
    await join(organizationId, { by: ada, who: bob, role: "admin" });
    await invite(eve.email, "editor", bob);
    const first = await invitationTo(organizationId, eve);
    await ada.client.organizations.members.setRole.mutate({ organizationId, userId: bob.user.id, role: "editor" });
    expect(await codeOf(eve.client.organizations.invitations.accept.mutate({ invitationId: first }))).toBe("NOT_FOUND");
    expect(await waiting()).toEqual([]);

    await ada.client.organizations.members.setRole.mutate({ organizationId, userId: bob.user.id, role: "admin" });
    await invite(eve.email, "member", bob);
    const second = await invitationTo(organizationId, eve);
    await ada.client.organizations.members.remove.mutate({ organizationId, userId: bob.user.id });
    expect(await codeOf(eve.client.organizations.invitations.accept.mutate({ invitationId: second }))).toBe(
      "NOT_FOUND",
    );
    expect(await membersOf()).toEqual([[ada.user.id, "owner"]]);
  });

  it.each(["no address", "a@b", ""])("to %j is refused", async (email) => {
    expect(await codeOf(invite(email))).toBe("BAD_REQUEST");
  });
});
