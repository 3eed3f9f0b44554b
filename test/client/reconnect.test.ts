import { WebSocket as NodeWebSocket } from "ws";
import { app } from "../fixtures/served-app.js";
import { expect, it } from "vitest";
import { createNodeClient } from "../fixtures/node-client.js";

async function signUp() {
  const device = createNodeClient(app.origin);
  const email = `${crypto.randomUUID()}@example.com`;
  await device.client.auth.signup.mutate({ email, password: "correct horse battery" });
  return device;
}

it("resumes an app's generator that was cut off before its first event from its start cursor", async () => {
  const { client, sockets } = await signUp();
  const received: string[] = [];
  let starts = 0;
  const subscription = client.posts.titles.subscribe(undefined, {
    onStarted: () => starts++,
    onData: ({ data }) => received.push(data),
  });
  await expect.poll(() => starts).toBe(1);
  sockets.at(-1)?.terminate();
  await client.posts.create.mutate({ title: "In the gap", body: "" });
  await expect.poll(() => starts).toBe(2);
  await client.posts.create.mutate({ title: "After it", body: "" });
  await expect.poll(() => received.length).toBeGreaterThanOrEqual(2);
  expect(received).toEqual(["In the gap", "After it"]);
  subscription.unsubscribe();
}, 30_000);

it("opens exactly one socket after twenty lost connections, and delivers every change once", async () => {
  const { client, sockets } = await signUp();
  const received: string[] = [];
  let starts = 0;
  const subscription = client.posts.changes.subscribe(undefined, {
    onStarted: () => starts++,
    onData: ({ data }) => received.push(data.type === "reset" ? "reset" : data.id),
  });
  const written: string[] = [];
  for (let drop = 0; drop < 20; drop++) {
    await expect.poll(() => starts).toBeGreaterThan(drop);
    sockets.at(-1)?.terminate();
    // Written while the client is disconnected, the first of them before its first event.
    written.push((await client.posts.create.mutate({ title: `${drop}`, body: "" })).id);
  }
  await expect.poll(() => received.length).toBeGreaterThanOrEqual(written.length);
  expect(received).toEqual(written);
  expect(sockets.filter(({ readyState }) => readyState === NodeWebSocket.OPEN)).toHaveLength(1);
  subscription.unsubscribe();
}, 60_000);
