import { app } from "../fixtures/served-app.js";
import { expect, it } from "vitest";
import type { AppRouter } from "../fixtures/app/router.js";
import { createNodeClient } from "../fixtures/node-client.js";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const eventually = { timeout: 10_000 };

it("ends subscriptions to a deleted organization with FORBIDDEN, and does not retry them", async () => {
  const device = createNodeClient<AppRouter>(app.origin);
  const { client, sockets } = device;
  await client.auth.signup.mutate({ email: `${crypto.randomUUID()}@example.com`, password: "correct horse battery" });
  const { id: organizationId } = await client.organizations.create.mutate({ name: "Engine Club" });
  const errors: unknown[] = [];
  let starts = 0;
  for (let count = 0; count < 2; count++) {
    client.projects.changes.subscribe(
      { organizationId },
      { onStarted: () => starts++, onError: (error) => errors.push(error.data?.code) },
    );
  }
  const own: unknown[] = [];
  const subscription = client.posts.changes.subscribe(undefined, {
    onStarted: () => starts++,
    onData: ({ data }) => own.push(data.type),
  });
  await expect.poll(() => starts, eventually).toBe(3);

  await client.organizations.delete.mutate({ organizationId });
  await expect.poll(() => errors, eventually).toEqual(["FORBIDDEN", "FORBIDDEN"]);
  const opened = sockets.length;
  await pause(1_500);
  expect(sockets).toHaveLength(opened);
  // The user's own socket is a separate one.
  await client.posts.create.mutate({ title: "Still here", body: "" });
  await expect.poll(() => own, eventually).toEqual(["create"]);
  subscription.unsubscribe();
}, 30_000);
