import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { createCaller } from "trpc-userdo/worker";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { pruneActions } from "../../../src/do/audit/prune-actions.js";
import type { AppRouter } from "../../fixtures/app/router.js";
import { freshEmail } from "../../fixtures/browser.js";
import {
  invitationTo,
  join,
  organizationName,
  signUpVerified,
  untilIdle,
  type Person,
} from "../../fixtures/organizations.js";
import { refusalOf } from "../operators/operate.js";

let ada: Person;
let bob: Person;
let organizationId: string;

beforeAll(async () => {
  [ada, bob] = await Promise.all([signUpVerified(), signUpVerified()]);
});

/** Ada is the owner, Bob a member. */
beforeEach(async () => {
  organizationId = (await ada.client.organizations.create.mutate({ name: "Acme" })).id;
  await join(organizationId, { by: ada, who: bob, role: "member" });
});

async function logged(by: Person = ada) {
  const { items } = await by.client.organizations.audit.list.query({ organizationId });
  return items.map(({ actor, action, target, detail, outcome, failure }) =>
    [actor.type === "user" ? nameOf(actor.id) : "system", action, target && nameOf(target.id), detail, outcome, failure]
      .filter((part) => part !== undefined && part !== null)
      .join(" "),
  );
}

function nameOf(id: string): string {
  if (id === ada.user.id) return "ada";
  if (id === bob.user.id) return "bob";
  return /^[0-9a-f]{32}$/.test(id) ? "(id)" : id;
}

const created = [
  "bob invitation.accept (id) member ok",
  "ada invitation.create (id) member ok",
  "ada organization.create ok",
];

describe("the audit log of an organization", () => {
  it("records members, roles, invitations and settings, the newest first", async () => {
    const { organizations } = ada.client;
    await organizations.members.setRole.mutate({ organizationId, userId: bob.user.id, role: "editor" });
    // Changes nothing.
    await organizations.members.setRole.mutate({ organizationId, userId: bob.user.id, role: "editor" });
    await organizations.update.mutate({ organizationId, name: "Acme Ltd", settings: { plan: "paid" } });
    const email = freshEmail();
    const { id } = await organizations.invitations.create.mutate({ organizationId, email, role: "admin" });
    await organizations.invitations.resend.mutate({ organizationId, invitationId: id });
    await organizations.invitations.cancel.mutate({ organizationId, invitationId: id });
    await organizations.transfer.mutate({ organizationId, userId: bob.user.id });
    await bob.client.organizations.members.remove.mutate({ organizationId, userId: ada.user.id });
    expect(await logged(bob)).toEqual([
      "bob member.remove ada ok",
      "ada organization.transfer bob ok",
      "ada invitation.cancel (id) admin ok",
      "ada invitation.resend (id) admin ok",
      "ada invitation.create (id) admin ok",
      "ada organization.update name plan ok",
      "ada member.setRole bob editor ok",
      ...created,
    ]);
    const { items } = await bob.client.organizations.audit.list.query({ organizationId });
    expect(JSON.stringify(items)).not.toContain("@");
  });

  it("records the app itself, a declined invitation, a member who leaves and a deleted account", async () => {
    const carol = await signUpVerified();
    const system = createCaller<AppRouter>(env.BLOG_DO).asSystem();
    await system.organizations.invitations.create({ organizationId, email: carol.email, role: "member" });
    const invitationId = await invitationTo(organizationId, carol);
    await carol.client.organizations.invitations.decline.mutate({ invitationId });
    await untilIdle(`user:${carol.user.id}`);
    await bob.client.organizations.leave.mutate({ organizationId });
    await join(organizationId, { by: ada, who: bob, role: "member" });
    expect((await logged()).slice(0, 5)).toEqual([
      "bob invitation.accept (id) member ok",
      "ada invitation.create (id) member ok",
      "bob member.leave bob ok",
      "(id) invitation.decline (id) member ok",
      "system invitation.create (id) member ok",
    ]);
  });

  it("records calls that were refused, also those whose transaction was rolled back", async () => {
    await ada.client.organizations.members.setRole.mutate({ organizationId, userId: bob.user.id, role: "admin" });
    const { members, invitations, transfer } = bob.client.organizations;
    const attempts = [
      members.remove.mutate({ organizationId, userId: ada.user.id }),
      members.setRole.mutate({ organizationId, userId: bob.user.id, role: "admin" }),
      invitations.create.mutate({ organizationId, email: freshEmail(), role: "admin" }),
      transfer.mutate({ organizationId, userId: bob.user.id }),
    ];
    for (const attempt of attempts) expect(await refusalOf(attempt)).toMatch(/^FORBIDDEN/);
    expect(await refusalOf(ada.client.organizations.leave.mutate({ organizationId }))).toBe("CONFLICT LAST_OWNER");
    await ada.client.organizations.members.setRole.mutate({ organizationId, userId: bob.user.id, role: "member" });
    expect(await refusalOf(bob.client.projects.create.mutate({ organizationId, name: "x" }))).toMatch(/^FORBIDDEN/);
    expect((await logged()).toSorted()).toEqual(
      [
        "bob permission.denied projects.create denied MISSING_PERMISSION",
        "ada member.setRole bob member ok",
        "ada member.leave failed LAST_OWNER",
        "bob organization.transfer bob denied OWNER_REQUIRED",
        "bob invitation.create denied ROLE_TOO_HIGH",
        "bob member.setRole bob denied ROLE_TOO_HIGH",
        "bob member.remove ada denied ROLE_TOO_HIGH",
        "ada member.setRole bob admin ok",
        ...created,
      ].toSorted(),
    );
  });

  it("is only for members who may manage members", async () => {
    const list = (by: Person) => refusalOf(by.client.organizations.audit.list.query({ organizationId }));
    expect(await list(bob)).toBe("FORBIDDEN MISSING_PERMISSION");
    expect(await list(await signUpVerified())).toBe("FORBIDDEN NOT_A_MEMBER");
    expect(await list(ada)).toBe("none");
  });

  it("is paged, and filtered by action, actor, target and time", async () => {
    const list = (input: object) => ada.client.organizations.audit.list.query({ organizationId, ...input });
    const first = await list({ limit: 2 });
    const rest = await list({ limit: 2, cursor: first.nextCursor });
    expect([...first.items, ...rest.items].map(({ action }) => action)).toEqual([
      "invitation.accept",
      "invitation.create",
      "organization.create",
    ]);
    expect(rest.nextCursor).toBeNull();
    expect((await list({ action: "invitation.create" })).items).toHaveLength(1);
    expect((await list({ actorId: bob.user.id })).items).toHaveLength(1);
    expect((await list({ after: new Date(Date.now() + 60_000) })).items).toEqual([]);
    expect(await refusalOf(list({ cursor: "1; DROP TABLE _actions" }))).toBe("BAD_REQUEST CURSOR_INVALID");
  });

  it("is pruned by age and count, and a member cannot fill it with refused calls", async () => {
    for (let calls = 0; calls < 30; calls++)
      await refusalOf(bob.client.projects.create.mutate({ organizationId, name: "x" }));
    expect((await logged()).filter((line) => line.includes("denied"))).toHaveLength(20);
    const left = await runInDurableObject(
      env.BLOG_DO.getByName(organizationName(organizationId)),
      (_instance, { storage }) => {
        pruneActions(storage.sql, { maxAge: 3_600, maxEntries: 8 }, Date.now());
        const count = Number(storage.sql.exec("SELECT count(*) AS count FROM _actions").one()["count"]);
        pruneActions(storage.sql, { maxAge: 3_600, maxEntries: 8 }, Date.now() + 2 * 3_600_000);
        return [count, storage.sql.exec("SELECT 1 FROM _actions").toArray().length];
      },
    );
    expect(left).toEqual([8, 1]);
  });
});
