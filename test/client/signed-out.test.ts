import { app } from "../fixtures/served-app.js";
import { expect, it } from "vitest";
import type { AppRouter } from "../fixtures/app/router.js";
import { createNodeClient } from "../fixtures/node-client.js";

const password = "correct horse battery";
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Subscribes to the posts' changes, and records what it receives. */
function listen({ client }: ReturnType<typeof createNodeClient<AppRouter>>) {
  const received: string[] = [];
  const states: string[] = [];
  const subscription = client.posts.changes.subscribe(undefined, {
    onStarted: () => states.push("started"),
    onConnectionStateChange: ({ state }) => states.push(state),
    onData: ({ data }) => received.push(data.type === "create" ? data.data.title : data.type),
  });
  return { received, states, unsubscribe: () => subscription.unsubscribe() };
}

it("opens no socket while signed out, and starts the subscription at sign-in", async () => {
  const device = createNodeClient(app.origin);
  const { received, states, unsubscribe } = listen(device);
  await expect.poll(() => states.at(-1), { timeout: 5_000 }).toBe("idle");
  const tried = device.sockets.length;
  await pause(1_500);
  expect(device.sockets).toHaveLength(tried);

  await device.client.auth.signup.mutate({ email: `${crypto.randomUUID()}@example.com`, password });
  await expect.poll(() => states.at(-1), { timeout: 5_000 }).toBe("started");
  await device.client.posts.create.mutate({ title: "Heard", body: "" });
  await expect.poll(() => received, { timeout: 5_000 }).toEqual(["Heard"]);

  await device.client.auth.logout.mutate();
  expect(states.at(-1)).toBe("idle");
  const opened = device.sockets.length;
  await pause(1_500);
  expect(device.sockets).toHaveLength(opened);
  expect(device.sockets.filter(({ readyState }) => readyState < 2)).toEqual([]);
  unsubscribe();
}, 30_000);

it("delivers nothing of the previous user to the next user of the same subscription", async () => {
  const device = createNodeClient(app.origin);
  const other = createNodeClient(app.origin);
  const [ada, grace] = [`${crypto.randomUUID()}@example.com`, `${crypto.randomUUID()}@example.com`];
  await other.client.auth.signup.mutate({ email: ada, password });
  await device.client.auth.signup.mutate({ email: grace, password });
  const { received, states, unsubscribe } = listen(device);
  await expect.poll(() => states.at(-1), { timeout: 5_000 }).toBe("started");
  await device.client.posts.create.mutate({ title: "Of Grace", body: "" });
  await expect.poll(() => received, { timeout: 5_000 }).toEqual(["Of Grace"]);

  // Without signing out first.
  await device.client.auth.login.mutate({ email: ada, password });
  await expect.poll(() => states.filter((state) => state === "started"), { timeout: 5_000 }).toHaveLength(2);
  await other.client.posts.create.mutate({ title: "Of Ada", body: "" });
  await expect.poll(() => received, { timeout: 5_000 }).toEqual(["Of Grace", "Of Ada"]);
  unsubscribe();
}, 30_000);
