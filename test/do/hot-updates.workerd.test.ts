import { beforeEach, describe, expect, it } from "vitest";
import { deploy } from "../fixtures/app/versions.js";
import { freshEmail, openBrowser, password } from "../fixtures/browser.js";
import { codeOf } from "../fixtures/error-code.js";
import { eventsOf, openSocket, subscribe } from "../fixtures/socket.js";
import { openVersionsClient, versionsObject, type Version } from "../fixtures/versions.js";

beforeEach(() => deploy("first"));

/** A user with a socket that listens to a table and runs a live query. */
async function listen() {
  const browser = openBrowser();
  const client = openVersionsClient(browser);
  const { user } = await client.auth.signup.mutate({ email: freshEmail(), password });
  const object = versionsObject(`user:${user.id}`);
  const socket = await openSocket(browser, "/versions");
  socket.send(subscribe(1, "tasks.changes"));
  socket.send(subscribe(2, "_live", undefined, { path: "tasks.list" }));
  // Both have started, and the query has delivered its first result.
  await socket.until(3);
  return {
    client,
    socket,
    async update(version: Version = "first") {
      deploy(version);
      await object.hotUpdate();
    },
    /** All data that the socket received for one subscription since it started. */
    async framesOf(id: number) {
      await socket.ping();
      return socket.frames.filter((frame) => frame.id === id && frame.result?.type !== "started");
    },
  };
}

const titlesIn = (result: unknown) => (result as { data: { title: string }[] }).data.map(({ title }) => title);

describe("an object after hot updates", () => {
  it("delivers each event once", async () => {
    const { client, socket, update, framesOf } = await listen();
    for (let count = 1; count <= 4; count++) {
      await update();
      await client.tasks.create.mutate(`task ${count}`);
      await expect.poll(async () => (await framesOf(2)).length).toBe(1 + count);
    }
    const changes = eventsOf(await framesOf(1)).map(({ change }) => change);
    expect(changes).toMatchObject([1, 2, 3, 4].map((n) => ({ type: "create", data: { title: `task ${n}` } })));
    expect(titlesIn((await framesOf(2)).at(-1)?.result?.data?.json)).toEqual(["task 1", "task 2", "task 3", "task 4"]);
    socket.socket.close();
  });

  it("delivers to the subscriptions of all versions by the newest version alone", async () => {
    const { client, socket, update, framesOf } = await listen();
    await update();
    socket.send(subscribe(3, "tasks.changes"));
    await expect.poll(() => socket.frames.some(({ id }) => id === 3)).toBe(true);
    await update();
    await client.tasks.create.mutate("one");
    await expect.poll(async () => (await framesOf(2)).length).toBe(2);
    expect([(await framesOf(1)).length, (await framesOf(3)).length]).toEqual([1, 1]);
    socket.send({ id: 3, method: "subscription.stop" });
    await client.tasks.create.mutate("two");
    await expect.poll(async () => (await framesOf(2)).length).toBe(3);
    expect((await framesOf(1)).length).toBe(2);
    socket.socket.close();
  });

  it("does not use a version whose migration failed once another replaced it", async () => {
    const { client, socket, update, framesOf } = await listen();
    await update("failing");
    expect(await codeOf(client.tasks.create.mutate("refused"))).toBe("SERVICE_UNAVAILABLE");
    await update("first");
    await client.tasks.create.mutate("kept");
    await expect.poll(async () => (await framesOf(2)).length).toBe(2);
    await client.tasks.create.mutate("and another");
    await expect.poll(async () => (await framesOf(2)).length).toBe(3);
    expect((await framesOf(2)).filter(({ error }) => error)).toEqual([]);
    expect(eventsOf(await framesOf(1))).toHaveLength(2);
    socket.socket.close();
  });
});
