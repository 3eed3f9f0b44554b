import { describe, expect, it } from "vitest";
import { eventually } from "../../fixtures/eventually.js";
import { reason, rowsOf, signUpVerifiedToRestores, systemOf, takeBookmark } from "../../fixtures/restores.js";
import { eventsOf, openSocket, subscribe } from "../../fixtures/socket.js";
import { refusalOf } from "../operators/operate.js";

const system = systemOf();

async function createAcme() {
  const [ada, bob, eve] = [
    await signUpVerifiedToRestores(),
    await signUpVerifiedToRestores(),
    await signUpVerifiedToRestores(),
  ];
  const { id } = await ada.client.organizations.create.mutate({ name: "Acme" });
  await system.organizations.members.add({ organizationId: id, userId: bob.user.id, role: "member" });
  return { ada, bob, eve, id, organizationId: id };
}

describe("admin.organizations.restore", () => {
  it("restores rows, the name and the settings, and keeps members, invitations and leases", async () => {
    const { ada, bob, eve, id, organizationId } = await createAcme();
    await ada.client.projects.create.mutate({ organizationId, name: "Kept" });
    await bob.client.projects.list.query({ organizationId });
    const bookmark = await takeBookmark(`organization:${id}`);
    await ada.client.organizations.update.mutate({ organizationId, name: "Evil", settings: { motto: "Worse" } });
    await ada.client.projects.create.mutate({ organizationId, name: "Later" });
    await ada.client.organizations.members.remove.mutate({ organizationId, userId: bob.user.id });
    await system.organizations.members.add({ organizationId, userId: eve.user.id, role: "admin" });
    const invited = { organizationId, email: "someone@example.com", role: "member" } as const;
    await ada.client.organizations.invitations.create.mutate(invited);
    const tables = ["_members", "_invitations", "_leases", "_outbox_seq", "_inbox"];
    const read = () => Promise.all(tables.map((table) => rowsOf(`organization:${id}`, table)));
    const before = await read();

    const outcome = await system.admin.organizations.restore({ id, bookmark, reason });
    expect(outcome).toEqual({ applied: true, undoBookmark: expect.any(String) });
    expect((await read()).slice(0, 3)).toEqual(before.slice(0, 3));
    const projects = await eve.client.projects.list.query({ organizationId });
    expect(projects.map(({ name }) => name)).toEqual(["Kept"]);
    expect(await refusalOf(bob.client.projects.list.query({ organizationId }))).toBe("FORBIDDEN NOT_A_MEMBER");
    expect(await ada.client.organizations.get.query({ organizationId })).toMatchObject({ name: "Acme" });
    await eventually(async () => {
      for (const { client } of [ada, eve])
        expect((await client.organizations.list.query()).map(({ name }) => name)).toEqual(["Acme"]);
      const { items } = await system.admin.organizations.list();
      expect(items.find((each) => each.id === id)).toMatchObject({ name: "Acme", memberCount: 2 });
    });
    const { items } = await system.admin.audit.list({ targetId: id });
    expect(items).toMatchObject([{ action: "organization.restore", outcome: "ok", reason }]);
    expect(JSON.stringify(await rowsOf(`organization:${id}`, "_actions"))).toContain("organization.restore");
  });

  it("closes sockets, and their subscriptions get a reset", async () => {
    const { ada, id, organizationId } = await createAcme();
    const path = `/restores?organizationId=${id}`;
    const socket = await openSocket(ada.browser, path);
    socket.send(subscribe(1, "projects.changes", undefined, { organizationId }));
    await socket.until(1);
    await ada.client.projects.create.mutate({ organizationId, name: "One" });
    const cursor = eventsOf(await socket.until(2)).at(-1)?.cursor;
    await system.admin.organizations.restore({ id, bookmark: await takeBookmark(`organization:${id}`), reason });
    await socket.closed;
    const next = await openSocket(ada.browser, path);
    next.send(subscribe(1, "projects.changes", cursor, { organizationId }));
    await eventually(() => expect(eventsOf(next.frames)).toMatchObject([{ change: { type: "reset" } }]));
  });

  it("does not find an organization that does not exist", async () => {
    const missing = system.admin.organizations.restore({ id: "missing", bookmark: "1", reason });
    expect(await refusalOf(missing)).toBe("NOT_FOUND ORGANIZATION_NOT_FOUND");
  });
});
