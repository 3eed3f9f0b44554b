import { env } from "cloudflare:workers";
import { evictDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { freshEmail, password } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";
import { tokenTo } from "../../fixtures/mail.js";
import {
  invitationTo,
  listed,
  organizationName,
  untilIdle,
  signUpVerified,
  type Person,
} from "../../fixtures/organizations.js";

const DAY = 24 * 60 * 60_000;

let ada: Person;
let bob: Person;
let organizationId: string;

beforeEach(async () => {
  [ada, bob] = await Promise.all([signUpVerified(), signUpVerified()]);
  organizationId = (await ada.client.organizations.create.mutate({ name: "Acme" })).id;
});

afterEach(() => void vi.useRealTimers());

const invite = (email: string, role: "admin" | "editor" = "editor") =>
  ada.client.organizations.invitations.create.mutate({ organizationId, email, role });
const accept = (invitationId: string) => bob.client.organizations.invitations.accept.mutate({ invitationId });

async function invited(): Promise<string> {
  await invite(bob.email);
  return invitationTo(organizationId, bob);
}

/** Gives Bob's account another address. */
async function changeEmail(email: string): Promise<void> {
  await bob.client.auth.changeEmail.mutate({ email, password });
  const token = await tokenTo(email, "changeEmail");
  await bob.client.auth.confirmEmailChange.mutate({ token });
}

describe("accepting an invitation without a reply", () => {
  it.each([0, 31_000, 6 * DAY])("is answered like the first after %i ms, also after evictions", async (wait) => {
    const invitationId = await invited();
    const first = await accept(invitationId);
    for (const name of [`user:${bob.user.id}`, organizationName(organizationId)]) {
      await evictDurableObject(env.BLOG_DO.getByName(name));
    }
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + wait });
    expect(await accept(invitationId)).toEqual(first);
    expect(await accept(invitationId)).toEqual(first);
    expect(await ada.client.organizations.members.list.query({ organizationId })).toHaveLength(2);
  });

  it("is answered after a change of address and of role", async () => {
    const invitationId = await invited();
    const first = await accept(invitationId);
    await changeEmail(freshEmail());
    expect(await accept(invitationId)).toEqual(first);
    const change = { organizationId, userId: bob.user.id, role: "admin" } as const;
    await ada.client.organizations.members.setRole.mutate(change);
    await untilIdle(organizationName(organizationId));
    expect(await accept(invitationId)).toEqual({ ...first, role: "admin" });
  });

  it("is answered for the second of two invitations, to two addresses of one user", async () => {
    const email = freshEmail();
    const first = await accept(await invited());
    const { id: second } = await invite(email, "admin");
    await changeEmail(email);
    await untilIdle(`user:${bob.user.id}`, organizationName(organizationId));
    const answers = [await accept(second), await accept(second), await accept(second)];
    expect(answers).toEqual([first, first, first]);
    expect(await ada.client.organizations.invitations.list.query({ organizationId })).toEqual([]);
  });

  it("is refused once the membership has ended", async () => {
    const invitationId = await invited();
    await accept(invitationId);
    await ada.client.organizations.members.remove.mutate({ organizationId, userId: bob.user.id });
    await untilIdle(organizationName(organizationId));
    expect(await codeOf(accept(invitationId))).toBe("NOT_FOUND");
    expect((await listed(bob)).has(organizationId)).toBe(false);
  });

  it("is always refused for another user", async () => {
    const invitationId = await invited();
    const eve = await signUpVerified();
    const byEve = () => codeOf(eve.client.organizations.invitations.accept.mutate({ invitationId }));
    expect(await byEve()).toBe("NOT_FOUND");
    await accept(invitationId);
    expect(await byEve()).toBe("NOT_FOUND");
  });
});
