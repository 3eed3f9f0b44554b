import { beforeEach, expect, it } from "vitest";
import { deploy, startErrors } from "../fixtures/app/versions.js";
import { freshEmail, openBrowser, password } from "../fixtures/browser.js";
import { codeOf } from "../fixtures/error-code.js";
import { openSocket, subscribe } from "../fixtures/socket.js";
import { openVersionsClient, redeploy, versionsObject, type Version } from "../fixtures/versions.js";

beforeEach(() => {
  deploy("first");
  startErrors.length = 0;
});

const message = `The table "tasks" cannot be used: its new unique index "tasks.title!" does not allow stored rows that have the same title. Write a migration that changes or deletes those rows.`;

async function signUpWithTasks(...titles: string[]) {
  const browser = openBrowser();
  const client = openVersionsClient(browser);
  const email = freshEmail();
  const { user } = await client.auth.signup.mutate({ email, password });
  for (const title of titles) await client.tasks.create.mutate(title);
  const object = versionsObject(`user:${user.id}`);
  return { browser, client, email, redeploy: (version: Version) => redeploy(object, version) };
}

it("refuses only the calls of the table whose rows a new unique index does not fit", async () => {
  const { browser, client, email, redeploy } = await signUpWithTasks("a", "b", "a");
  await redeploy("unique");
  const refused = { message, data: { code: "SERVICE_UNAVAILABLE" } };
  await expect(client.tasks.list.query()).rejects.toMatchObject(refused);
  await expect(client.tasks.create.mutate("c")).rejects.toMatchObject(refused);
  expect(await client.labels.create.mutate("label")).toBe("label");
  expect((await client.auth.me.query()).user.email).toBe(email);
  await client.auth.login.mutate({ email, password });
  await client.kv.set.mutate({ key: "a", value: 1 });
  expect(await client.sessions.list.query()).toHaveLength(2);

  const socket = await openSocket(browser, "/versions");
  socket.send(subscribe(1, "account.export"));
  socket.send(subscribe(2, "tasks.changes"));
  await expect.poll(() => socket.frames.filter(({ id }) => id === 1).at(-1)?.result?.type).toBe("stopped");
  const exported = JSON.stringify(socket.frames);
  for (const part of ['"table":"tasks"', '"table":"labels"', '"type":"account"']) expect(exported).toContain(part);
  expect(exported.split('"table":"tasks"')).toHaveLength(4);
  await expect.poll(() => socket.frames.find(({ id }) => id === 2)?.error?.json).toMatchObject(refused);
  socket.socket.close();
  expect(startErrors).toEqual([message]);
});

it("serves the table again after a migration, also after the version before has run", async () => {
  const { client, redeploy } = await signUpWithTasks("a", "a");
  await redeploy("unique");
  expect(await codeOf(client.tasks.list.query())).toBe("SERVICE_UNAVAILABLE");
  // The object tries again at every start.
  await redeploy("unique");
  expect(await codeOf(client.tasks.list.query())).toBe("SERVICE_UNAVAILABLE");
  await redeploy("first");
  expect(await client.tasks.list.query()).toHaveLength(2);
  await redeploy("deduplicated");
  const titles = (await client.tasks.list.query()).map(({ title }) => title);
  expect(new Set(titles).size).toBe(2);
  expect(await codeOf(client.tasks.create.mutate(titles[0] ?? ""))).toBe("CONFLICT");
});

it("refuses the version before a migration, also if a unique index was left out", async () => {
  const { client, redeploy } = await signUpWithTasks("a", "a");
  await redeploy("renamedUnique");
  expect(await codeOf(client.tasks.list.query())).toBe("SERVICE_UNAVAILABLE");
  startErrors.length = 0;
  await redeploy("first");
  expect(await codeOf(client.tasks.list.query())).toBe("SERVICE_UNAVAILABLE");
  expect(startErrors).toEqual([expect.stringContaining("tasks")]);
  await redeploy("renamed");
  expect(await client.tasks.list.query()).toHaveLength(2);
});

it("creates the index at once where no stored rows conflict with it", async () => {
  const { client, redeploy } = await signUpWithTasks("a", "b");
  await redeploy("unique");
  expect(await codeOf(client.tasks.create.mutate("a"))).toBe("CONFLICT");
  expect(startErrors).toEqual([]);
});

it("refuses only the calls of a table that a migration rebuilds with the index", async () => {
  const { client, email, redeploy } = await signUpWithTasks("a", "b", "a");
  await redeploy("rebuiltUnique");
  await expect(client.tasks.list.query()).rejects.toMatchObject({ message, data: { code: "SERVICE_UNAVAILABLE" } });
  expect(await client.labels.create.mutate("label")).toBe("label");
  await client.auth.login.mutate({ email, password });
  expect((await client.auth.me.query()).user.email).toBe(email);
  await client.auth.logout.mutate();
  expect(startErrors).toEqual([message]);

  await client.auth.login.mutate({ email, password });
  await redeploy("rebuiltDeduplicated");
  const titles = (await client.tasks.list.query()).map(({ title }) => title);
  expect(new Set(titles).size).toBe(3);
  expect(await codeOf(client.tasks.create.mutate(titles[0] ?? ""))).toBe("CONFLICT");
});

it("keeps a unique index of a table that is rebuilt", async () => {
  const { client, redeploy } = await signUpWithTasks("a", "b");
  await redeploy("unique");
  expect(await client.tasks.list.query()).toHaveLength(2);
  await redeploy("rebuiltUnique");
  expect(await codeOf(client.tasks.create.mutate("a"))).toBe("CONFLICT");
  expect(await client.tasks.list.query()).toHaveLength(2);
  expect(startErrors).toEqual([]);
});
