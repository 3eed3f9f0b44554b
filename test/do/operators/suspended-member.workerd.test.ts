import { env } from "cloudflare:workers";
import { createCaller } from "trpc-userdo/worker";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { AppRouter } from "../../fixtures/app/router.js";
import { copyBrowser, openBrowser, password } from "../../fixtures/browser.js";
import {
  invitationTo,
  join,
  listed,
  organizationName,
  signUpVerified,
  untilIdle,
  type Person,
} from "../../fixtures/organizations.js";
import { openSocket, subscribe, upgrade } from "../../fixtures/socket.js";
import { refusalOf, suspend, SUSPENDED, unsuspend } from "./operate.js";

let ada: Person;
let bob: Person;
let organizationId: string;

beforeAll(async () => {
  ada = await signUpVerified();
});

/** Ada is the owner, Bob an administrator. */
beforeEach(async () => {
  bob = await signUpVerified();
  organizationId = (await ada.client.organizations.create.mutate({ name: "Acme" })).id;
  await join(organizationId, { by: ada, who: bob, role: "admin" });
});

const asUser = (userId: string) => createCaller<AppRouter>(env.BLOG_DO).asUser({ userId });
const pathOf = () => `/trpc?organizationId=${organizationId}`;
const write = (name: string) => ada.client.projects.create.mutate({ organizationId, name });

describe("a member with a suspended account", () => {
  it("is refused by the organization at once, over HTTP and by server callers", async () => {
    const copy = copyBrowser(bob.browser).client();
    expect(await bob.client.projects.list.query({ organizationId })).toEqual([]);
    expect(await suspend(bob.user)).toEqual({ ok: true, value: { applied: true } });
    expect(await refusalOf(bob.client.projects.list.query({ organizationId }))).toBe(SUSPENDED);
    expect(await refusalOf(copy.projects.create.mutate({ organizationId, name: "late" }))).toBe(SUSPENDED);
    expect(await refusalOf(asUser(bob.user.id).projects.list({ organizationId }))).toBe(SUSPENDED);
    expect(await refusalOf(asUser(bob.user.id).projects.create({ organizationId, name: "late" }))).toBe(SUSPENDED);
    expect(await ada.client.projects.list.query({ organizationId })).toEqual([]);
  });

  it("has its sockets closed with a code of their own before the suspension returns", async () => {
    const socket = await openSocket(bob.browser, pathOf());
    socket.send(subscribe(1, "projects.changes", undefined, { organizationId }));
    await socket.until(1);
    await suspend(bob.user);
    await write("late");
    expect((await socket.closed).code).toBe(4402);
    expect(socket.frames).toHaveLength(1);
    const refused = await upgrade(bob.browser, {}, pathOf());
    expect([refused.status, await refused.text()]).toEqual([403, expect.stringContaining("ACCOUNT_SUSPENDED")]);
  });

  it("stays a member, and has access again after the suspension and a sign-in", async () => {
    await suspend(bob.user);
    const members = await ada.client.organizations.members.list.query({ organizationId });
    expect(members.map(({ userId }) => userId)).toContain(bob.user.id);
    await unsuspend(bob.user);
    expect(await refusalOf(bob.client.projects.list.query({ organizationId }))).toBe("UNAUTHORIZED SESSION_ENDED");
    const again = openBrowser().client();
    await again.auth.login.mutate({ email: bob.email, password });
    expect(await again.projects.list.query({ organizationId })).toEqual([]);
    expect(await asUser(bob.user.id).projects.list({ organizationId })).toEqual([]);
  });

  it("cannot answer an invitation until the suspension has ended", async () => {
    const other = (await ada.client.organizations.create.mutate({ name: "Later" })).id;
    await suspend(bob.user);
    await ada.client.organizations.invitations.create.mutate({
      organizationId: other,
      email: bob.email,
      role: "member",
    });
    await untilIdle(organizationName(other));
    const accept = (invitationId: string) =>
      refusalOf(asUser(bob.user.id).organizations.invitations.accept({ invitationId }));
    const [invitation] = await ada.client.organizations.invitations.list.query({ organizationId: other });
    expect(await accept(invitation?.id ?? "")).toBe(SUSPENDED);
    await unsuspend(bob.user);
    const again = openBrowser().client();
    await again.auth.login.mutate({ email: bob.email, password });
    expect(await accept(await invitationTo(other, { client: again }))).toBe("none");
    expect((await listed({ client: again })).get(other)?.status).toBe("member");
  });

  it("is refused in an organization that it had joined just before", async () => {
    const other = (await ada.client.organizations.create.mutate({ name: "New" })).id;
    await ada.client.organizations.invitations.create.mutate({
      organizationId: other,
      email: bob.email,
      role: "member",
    });
    const invitationId = await invitationTo(other, bob);
    // The membership may arrive before or after the suspension.
    await Promise.allSettled([bob.client.organizations.invitations.accept.mutate({ invitationId }), suspend(bob.user)]);
    await untilIdle(organizationName(other), `user:${bob.user.id}`, organizationName(other));
    expect(await refusalOf(asUser(bob.user.id).projects.list({ organizationId: other }))).toMatch(/^FORBIDDEN/);
  });

  it("leaves the organization with its account", async () => {
    await suspend(bob.user);
    await untilIdle(`user:${bob.user.id}`);
    await ada.client.organizations.members.remove.mutate({ organizationId, userId: bob.user.id });
    await untilIdle(organizationName(organizationId));
    await unsuspend(bob.user);
    expect(await refusalOf(asUser(bob.user.id).projects.list({ organizationId }))).toBe("FORBIDDEN NOT_A_MEMBER");
  });
});
