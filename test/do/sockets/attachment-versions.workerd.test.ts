import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect, it } from "vitest";
import { subscribe } from "../../fixtures/socket.js";
import { echo, start } from "./feeds-socket.js";

/** Opens a socket with a subscription, changes what is kept of it, and makes the object hibernate. */
async function startWith(change: (attachment: Record<string, unknown>) => object) {
  const started = await start();
  started.socket.send(subscribe(1, "feeds.changes"));
  await started.socket.until(1);
  await runInDurableObject(started.object, (_instance, state) => {
    for (const socket of state.getWebSockets()) {
      socket.serializeAttachment(change(socket.deserializeAttachment() as Record<string, unknown>));
    }
  });
  await evictDurableObject(started.object, { webSockets: "hibernate" });
  return started;
}

it("keeps the subscriptions of a socket that was accepted before attachments had versions", async () => {
  const { http, socket } = await startWith(({ version: _version, ...attachment }) => attachment);
  await http.items.create.mutate({ text: "one" });
  await socket.until(2);
  expect(socket.frames[1]).toMatchObject({ id: 1, result: { type: "data" } });
});

it.each(["a message", "a change"])(
  "closes a socket that a newer version kept, at %s, so that its client comes back",
  async (event) => {
    const { http, socket } = await startWith((attachment) => ({
      ...attachment,
      version: 99,
      subscriptions: { any: "shape" },
    }));
    if (event === "a message") socket.send(echo(2));
    else await http.items.create.mutate({ text: "one" });
    expect(await socket.closed).toEqual({ code: 4410, reason: "The app was rolled back. Open another socket." });
    expect(socket.frames).toHaveLength(1);
    expect(await http.items.list.query()).toHaveLength(event === "a message" ? 0 : 1);
  },
);
