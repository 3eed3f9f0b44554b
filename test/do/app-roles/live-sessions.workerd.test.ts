import { env } from "cloudflare:workers";
import { evictDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, it } from "vitest";
import { slowNote } from "../../fixtures/app/guarded.js";
import { signUpEditor } from "../../fixtures/editor.js";
import { codeOf } from "../../fixtures/error-code.js";
import { eventually } from "../../fixtures/eventually.js";
import { assignRole, signUpWith, unassignRole } from "../../fixtures/operators.js";
import { organizationName, type Person } from "../../fixtures/organizations.js";
import { eventsOf, openSocket, subscribe, type Frame } from "../../fixtures/socket.js";

let ada: Person;
let owner: Person;
let organizationId: string;

beforeEach(async () => {
  ({ ada, owner, organizationId } = await signUpEditor());
});

const errorsOf = (frames: readonly Frame[], id: number) =>
  frames.filter((frame) => frame.id === id).flatMap(({ error }) => error?.json.data.code ?? []);
const live = (id: number, path: string, input: object = {}) =>
  subscribe(id, "_live", undefined, { ...("organizationId" in input && { organizationId }), path, input });

describe("a role that is removed from a user with open sockets", () => {
  it("ends live queries and subscriptions of the user's own object before the next event", async () => {
    const socket = await openSocket(ada.browser);
    socket.send([live(1, "guarded.notes"), subscribe(2, "guarded.noteChanges"), subscribe(3, "posts.changes")]);
    await socket.until(3);
    await ada.client.guarded.addNote.mutate({ text: "seen" });
    await eventually(() => expect(eventsOf(socket.frames.filter(({ id }) => id === 2))).toHaveLength(1));
    await unassignRole(ada, "editor");
    await eventually(() => expect(errorsOf(socket.frames, 1)).toEqual(["FORBIDDEN"]));
    await ada.client.notes.create.mutate({ text: "unseen" });
    await ada.client.posts.create.mutate({ title: "x", body: "" });
    // The client is asked to reconnect, and its subscriptions are authorized again.
    const before = socket.frames.filter(({ id }) => id === 2);
    const again = await openSocket(ada.browser);
    again.send([subscribe(2, "guarded.noteChanges"), subscribe(3, "posts.changes")]);
    await again.until(2);
    expect(errorsOf(again.frames, 2)).toEqual(["FORBIDDEN"]);
    expect(errorsOf(again.frames, 3)).toEqual([]);
    expect(socket.frames.filter(({ id }) => id === 2)).toEqual(before);
  });

  it("ends them in the user's organizations before the removal returns", async () => {
    const socket = await openSocket(ada.browser, `/trpc?organizationId=${organizationId}`);
    socket.send([
      live(1, "guarded.projects", { organizationId }),
      subscribe(2, "guarded.projectChanges", undefined, { organizationId }),
    ]);
    await socket.until(2);
    await owner.client.projects.create.mutate({ organizationId, name: "seen" });
    await eventually(() => expect(eventsOf(socket.frames.filter(({ id }) => id === 2))).toHaveLength(1));
    expect(await unassignRole(ada, "editor")).toEqual({ applied: true, pending: 0 });
    expect(await codeOf(ada.client.guarded.projects.query({ organizationId }))).toBe("FORBIDDEN");
    const before = socket.frames.filter(({ id }) => id === 2).length;
    await owner.client.projects.create.mutate({ organizationId, name: "unseen" });
    await eventually(() => expect(errorsOf(socket.frames, 1)).toEqual(["FORBIDDEN"]));
    expect(socket.frames.filter(({ id }) => id === 2)).toHaveLength(before);
  });

  it("ends them in the app's object, also after it slept", async () => {
    const app = env.BLOG_DO.getByName("app:main");
    await ada.client.guarded.announcements.query();
    await evictDurableObject(app, { webSockets: "hibernate" });
    await unassignRole(ada, "editor");
    await evictDurableObject(app, { webSockets: "hibernate" });
    expect(await codeOf(ada.client.guarded.announcements.query())).toBe("FORBIDDEN");
  });

  it("is known to the objects of the user and of the organization after they slept", async () => {
    await ada.client.guarded.addProject.mutate({ organizationId, name: "One" });
    for (const name of [organizationName(organizationId), `user:${ada.user.id}`])
      await evictDurableObject(env.BLOG_DO.getByName(name), { webSockets: "hibernate" });
    expect(await ada.client.guarded.projects.query({ organizationId })).toBe(1);
    await unassignRole(ada, "editor");
    for (const name of [organizationName(organizationId), `user:${ada.user.id}`])
      await evictDurableObject(env.BLOG_DO.getByName(name), { webSockets: "hibernate" });
    expect(await codeOf(ada.client.guarded.projects.query({ organizationId }))).toBe("FORBIDDEN");
    expect(await codeOf(ada.client.guarded.notes.query())).toBe("FORBIDDEN");
  });
});

describe("a role that is assigned", () => {
  it("makes the user's clients reconnect, which then receive the new permissions", async () => {
    const socket = await openSocket(owner.browser);
    socket.send(live(1, "guarded.me"));
    await socket.until(1);
    await assignRole(owner, "support");
    await eventually(() => expect(socket.frames.map(({ method }) => method)).toContain("reconnect"));
    const again = await openSocket(owner.browser);
    again.send(live(1, "guarded.me"));
    await eventually(() =>
      expect(eventsOf(again.frames).at(-1)?.change).toMatchObject({ roles: ["member", "support"] }),
    );
  });
});

describe("a mutation during which its caller loses the role", () => {
  it("writes nothing", async () => {
    const call = codeOf(ada.client.guarded.slowNote.mutate({ text: "late" }));
    await slowNote.came.promise;
    await unassignRole(ada, "editor");
    slowNote.go.resolve();
    expect(await call).toBe("FORBIDDEN");
    expect(await ada.client.notes.list.query()).toEqual([]);
  });
});

describe("the removal of a role", () => {
  it("does not concern other users who have it", async () => {
    const other = await signUpWith("editor");
    await unassignRole(ada, "editor");
    expect(await other.client.guarded.notes.query()).toBe(0);
  });
});
