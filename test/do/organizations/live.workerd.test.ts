import { beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../../fixtures/eventually.js";
import { join, signUpVerified, type Person } from "../../fixtures/organizations.js";
import { eventsOf, openSocket, subscribe } from "../../fixtures/socket.js";

let ada: Person;
let bob: Person;
let organizationId: string;

/** Ada is the owner, Bob an administrator. */
beforeAll(async () => {
  [ada, bob] = await Promise.all([signUpVerified(), signUpVerified()]);
  organizationId = (await ada.client.organizations.create.mutate({ name: "Acme" })).id;
  await join(organizationId, { by: ada, who: bob, role: "admin" });
});

const write = (name: string) => ada.client.projects.create.mutate({ organizationId, name });

describe("live queries of an organization", () => {
  const live = (id: number, path: string, input: object = { organizationId }) =>
    subscribe(id, "_live", undefined, { ...("organizationId" in input && { organizationId }), path, input });
  const resultsOf = (frames: Parameters<typeof eventsOf>[0], id: number) =>
    eventsOf(frames.filter((frame) => frame.id === id)).map(({ change }) => change);

  it("update what members share, until a member may not read it any more", async () => {
    const socket = await openSocket(bob.browser, `/trpc?organizationId=${organizationId}`);
    socket.send([live(1, "projects.list"), live(2, "organizations.members.list"), live(3, "projects.count")]);
    await eventually(() => expect([1, 2, 3].map((id) => resultsOf(socket.frames, id).length)).toEqual([1, 1, 1]));
    await write("One");
    await eventually(() => expect(resultsOf(socket.frames, 1).at(-1)).toMatchObject([{ name: "One" }]));
    await eventually(() => expect(resultsOf(socket.frames, 3).at(-1)).toBe(1));
    await ada.client.organizations.members.remove.mutate({ organizationId, userId: bob.user.id });
    const before = socket.frames.length;
    await write("Two");
    expect((await socket.closed).code).toBe(4403);
    expect(socket.frames.length).toBe(before);
  });

  it("show an invitation in a user's list, and its end, immediately", async () => {
    const eve = await signUpVerified();
    const socket = await openSocket(eve.browser);
    socket.send(live(1, "organizations.list", {}));
    await eventually(() => expect(resultsOf(socket.frames, 1)).toEqual([[]]));
    const { id: invitationId } = await ada.client.organizations.invitations.create.mutate({
      organizationId,
      email: eve.email,
      role: "member",
    });
    await eventually(() =>
      expect(resultsOf(socket.frames, 1).at(-1)).toMatchObject([{ status: "invited", invitationId }]),
    );
    await eve.client.organizations.invitations.accept.mutate({ invitationId });
    await eventually(() => expect(resultsOf(socket.frames, 1).at(-1)).toMatchObject([{ status: "member" }]));
    await ada.client.organizations.members.remove.mutate({ organizationId, userId: eve.user.id });
    await eventually(() => expect(resultsOf(socket.frames, 1).at(-1)).toEqual([]));
  });
});
