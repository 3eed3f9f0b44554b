import { describe, expect, it } from "vitest";
import { freshEmail } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";
import { countMails } from "../../fixtures/mail.js";
import { join, listed, organizationName } from "../../fixtures/organizations.js";
import { expectConsistency, expectEnded, expectNowhere } from "./consistency.js";
import { acme, cancelAll, verified, type Person } from "./people.js";
import { ask, expectStops, stopEverywhere } from "./stop-everywhere.js";

/** Ada, who owns the organization, and Bob. */
async function both() {
  const [ada, bob] = [await verified(), await verified()];
  return { ada, bob, organizationId: await acme(ada) };
}
type Both = Awaited<ReturnType<typeof both>>;

async function joined() {
  const created = await both();
  await addBob(created);
  return created;
}

/** Makes Bob an editor who has a lease. */
async function addBob({ ada, bob, organizationId }: Both): Promise<void> {
  await join(organizationId, { by: ada, who: bob, role: "editor" });
  await bob.client.projects.list.query({ organizationId });
}

const invite = ({ ada, organizationId }: Omit<Both, "bob">, email: string) =>
  ada.client.organizations.invitations.create.mutate({ organizationId, email, role: "editor" });
const setRole = ({ ada, bob, organizationId }: Both, role: "admin" | "editor") =>
  ada.client.organizations.members.setRole.mutate({ organizationId, userId: bob.user.id, role });
const transfer = (from: Person, to: Person, organizationId: string) =>
  from.client.organizations.transfer.mutate({ organizationId, userId: to.user.id });
const rename = ({ ada, organizationId }: Both, name: string) =>
  ada.client.organizations.update.mutate({ organizationId, name });
const rolesIn = async (organizationId: string, { client }: Person) =>
  (await client.organizations.members.list.query({ organizationId })).map(({ email, role }) => [email, role]);

/** Simulates a lost reply to the message that creates an organization, which is sent again later. */
function repeatCreation({ user, email }: Person, organizationId: string): Promise<void> {
  const payload = { name: "canary", settings: "{}", userId: user.id, email, createdAt: 0 };
  const [target, due] = [organizationName(organizationId), Date.now() + 1_000];
  return ask(`user:${user.id}`, (storage) => {
    const message = [target, 1, "createOrganization", JSON.stringify(payload), due, null, due, 1];
    storage.sql.exec("INSERT INTO _outbox VALUES (?, ?, ?, ?, ?, ?, ?, ?)", ...message);
    return storage.setAlarm(due);
  });
}

describe("an object that is stopped after each step and restarted", { timeout: 480_000 }, () => {
  it("creates an organization, or can create it again", async () => {
    const stops = await stopEverywhere({
      once: verified,
      before: async (ada) => ada,
      run: acme,
      again: acme,
      async after(ada, stored) {
        expectConsistency(stored);
        const ids = [...(await listed(ada)).keys()];
        expect(ids.length).toBeGreaterThan(0);
        for (const organizationId of ids) {
          await ada.client.projects.create.mutate({ organizationId, name: "One" });
          await ada.client.organizations.delete.mutate({ organizationId });
        }
      },
    });
    expectStops(stops, "user", "organization");
  });

  it("invites an address with or without an account, or can invite it again", async () => {
    const run = async ({ emails, ...world }: Both & { emails: string[]; mails: number }) => {
      for (const email of emails) await invite(world, email);
    };
    const stops = await stopEverywhere({
      once: both,
      before: async (world) => ({
        ...world,
        emails: [world.bob.email, freshEmail()],
        mails: countMails(world.bob.email, "invitation"),
      }),
      run,
      again: run,
      async after({ ada, bob, organizationId, emails, mails }, stored) {
        expectConsistency(stored);
        const waiting = await ada.client.organizations.invitations.list.query({ organizationId });
        expect(waiting.map(({ email }) => email).toSorted()).toEqual(emails.toSorted());
        expect((await listed(bob)).get(organizationId)).toMatchObject({ status: "invited", role: "editor" });
        expect(countMails(bob.email, "invitation")).toBeGreaterThan(mails);
        expect(countMails(emails[1] ?? "", "invitation")).toBeGreaterThan(0);
        await cancelAll(ada, organizationId);
      },
    });
    expectStops(stops, "organization", "email", "user");
  });

  it("accepts an invitation on all sides, or can accept it again", async () => {
    const accept = ({ bob, invitationId }: Both & { invitationId: string }) =>
      bob.client.organizations.invitations.accept.mutate({ invitationId });
    const stops = await stopEverywhere({
      cleanUp: false,
      once: both,
      before: async (world) => ({ ...world, invitationId: (await invite(world, world.bob.email)).id }),
      run: accept,
      again: accept,
      async after(world, stored) {
        const { ada, bob, organizationId } = world;
        expectConsistency(stored);
        expectNowhere(stored, [world.invitationId], "_members", "_organizations");
        expect(await rolesIn(organizationId, bob)).toEqual([
          [ada.email, "owner"],
          [bob.email, "editor"],
        ]);
        expect((await listed(bob)).get(organizationId)).toMatchObject({ status: "member", role: "editor" });
        expect(await accept(world)).toMatchObject({ status: "member" });
        await bob.client.organizations.leave.mutate({ organizationId });
      },
    });
    expectStops(stops, "organization", "email", "user");
  });

  it.each(["decline", "declineAll", "cancel"] as const)("deletes an invitation on all sides after %s", async (how) => {
    const end = ({ ada, bob, organizationId, invitationId }: Both & { invitationId: string }) => {
      const { decline, declineAll } = bob.client.organizations.invitations;
      if (how === "declineAll") return declineAll.mutate();
      const { cancel } = ada.client.organizations.invitations;
      return how === "decline" ? decline.mutate({ invitationId }) : cancel.mutate({ organizationId, invitationId });
    };
    const stops = await stopEverywhere({
      cleanUp: false,
      once: both,
      before: async (world) => ({ ...world, invitationId: (await invite(world, world.bob.email)).id }),
      run: end,
      again: async (world) => expect(["none", "NOT_FOUND"]).toContain(await codeOf(end(world))),
      async after({ ada, bob, organizationId, invitationId }, stored) {
        expectConsistency(stored);
        expectNowhere(stored, [invitationId]);
        expect(await rolesIn(organizationId, ada)).toEqual([[ada.email, "owner"]]);
        expect((await listed(bob)).has(organizationId)).toBe(false);
      },
    });
    expectStops(stops, "organization", "email", "user");
  });

  it.each(["remove", "leave"] as const)("deletes a membership on all sides after %s", async (how) => {
    const end = ({ ada, bob, organizationId }: Both) =>
      how === "remove"
        ? ada.client.organizations.members.remove.mutate({ organizationId, userId: bob.user.id })
        : bob.client.organizations.leave.mutate({ organizationId });
    const stops = await stopEverywhere({
      cleanUp: false,
      once: both,
      async before(world) {
        await addBob(world);
        return world;
      },
      run: end,
      again: async (world) =>
        expect(["none", how === "remove" ? "NOT_FOUND" : "FORBIDDEN"]).toContain(await codeOf(end(world))),
      async after({ ada, bob, organizationId }, stored) {
        expectConsistency(stored);
        expect(await rolesIn(organizationId, ada)).toEqual([[ada.email, "owner"]]);
        expect(await codeOf(bob.client.projects.list.query({ organizationId }))).toBe("FORBIDDEN");
      },
    });
    expectStops(stops, "organization", "user");
  });

  it("changes a role on both sides, or can change it again", async () => {
    const stops = await stopEverywhere({
      once: joined,
      async before(world) {
        await setRole(world, "editor");
        return world;
      },
      run: (world) => setRole(world, "admin"),
      again: (world) => setRole(world, "admin"),
      async after({ bob, organizationId }, stored) {
        expectConsistency(stored);
        expect((await listed(bob)).get(organizationId)?.role).toBe("admin");
        expect(await codeOf(bob.client.organizations.invitations.list.query({ organizationId }))).toBe("none");
      },
    });
    expectStops(stops, "organization", "user");
  });

  it("transfers an organization, or can transfer it again", async () => {
    const stops = await stopEverywhere({
      once: joined,
      before: async (world) => world,
      run: ({ ada, bob, organizationId }) => transfer(ada, bob, organizationId),
      again: async ({ ada, bob, organizationId }) =>
        expect(["none", "FORBIDDEN"]).toContain(await codeOf(transfer(ada, bob, organizationId))),
      async after({ ada, bob, organizationId }, stored) {
        expectConsistency(stored);
        expect(await rolesIn(organizationId, ada)).toEqual([
          [bob.email, "owner"],
          [ada.email, "admin"],
        ]);
        await transfer(bob, ada, organizationId);
      },
    });
    expectStops(stops, "organization", "user");
  });

  it("renames an organization on all sides, or can rename it again", async () => {
    const stops = await stopEverywhere({
      async once() {
        const created = await joined();
        await invite(created, freshEmail());
        return created;
      },
      async before(world) {
        await rename(world, "Before");
        return world;
      },
      run: (world) => rename(world, "After"),
      again: (world) => rename(world, "After"),
      async after({ bob, organizationId }, stored) {
        expectConsistency(stored);
        expectNowhere(stored, ["Before"]);
        expect((await listed(bob)).get(organizationId)?.name).toBe("After");
      },
    });
    expectStops(stops, "organization", "user", "email");
  });

  it("deletes an organization completely, or can repeat the deletion", async () => {
    const stops = await stopEverywhere({
      cleanUp: false,
      once: both,
      async before({ ada, bob }) {
        const organizationId = await acme(ada, "canary");
        const email = freshEmail();
        await addBob({ ada, bob, organizationId });
        await bob.client.projects.create.mutate({ organizationId, name: "canary" });
        await invite({ ada, organizationId }, email);
        await repeatCreation(ada, organizationId);
        return { ada, bob, organizationId, email };
      },
      run: ({ ada, organizationId }) => ada.client.organizations.delete.mutate({ organizationId }),
      again: async ({ ada, organizationId }) =>
        expect(["none", "FORBIDDEN"]).toContain(
          await codeOf(ada.client.organizations.delete.mutate({ organizationId })),
        ),
      async after({ ada, bob, organizationId, email }, stored) {
        expectConsistency(stored);
        expectEnded(stored, organizationId);
        expectNowhere(stored, ["canary", email, organizationId]);
        for (const each of [ada, bob]) expect((await listed(each)).has(organizationId)).toBe(false);
        expect(await codeOf(ada.client.organizations.get.query({ organizationId }))).toBe("FORBIDDEN");
      },
    });
    expectStops(stops, "organization", "email", "user");
  });
});
