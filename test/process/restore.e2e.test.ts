import { cp, readdir, rm } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createStorageFolder, type Process, type StorageFolder } from "./start-workerd.js";
import { signUp, subscribe, type User } from "./stock-subscriber.js";
import { createTcpProxy, type TcpProxy } from "./tcp-proxy.js";

const password = "correct horse battery";
const newPassword = "another horse battery";
const reason = "Ticket 4711";
const waiting = { timeout: 30_000, interval: 200 };

let storage: StorageFolder;
let proxy: TcpProxy;
let running: Process;

async function start(): Promise<void> {
  running = await storage.start();
  proxy.target = running.port;
}

beforeAll(async () => {
  storage = await createStorageFolder({ app: "test/process/app/restore-worker.ts" });
  proxy = await createTcpProxy();
  await start();
});

afterAll(async () => {
  await running.kill();
  await proxy.close();
  await storage.remove();
});

const send = (route: string, init?: RequestInit) => fetch(`http://127.0.0.1:${running.port}${route}`, init);

/** Calls a procedure as the app itself. */
async function system<TResult>(procedure: string, input: object): Promise<TResult> {
  const response = await send("/system", { method: "POST", body: JSON.stringify({ path: procedure, input }) });
  return (await response.json()) as TResult;
}

async function tokenTo(email: string, kind: string): Promise<string> {
  const find = async () =>
    ((await (await send("/mails")).json()) as { to: string; kind: string; token: string }[]).find(
      (mail) => mail.to === email && mail.kind === kind,
    )?.token;
  await expect.poll(find, waiting).toBeDefined();
  return (await find()) ?? "";
}

/** The prefix of the files in which an object is stored. */
const fileOf = async (name: string): Promise<string> => (await send(`/id?name=${encodeURIComponent(name)}`)).text();

const folder = () => path.join(storage.folder, "storage/AppDO");
const filesOf = async (prefix: string, from = folder()) =>
  (await readdir(from)).filter((file) => file.startsWith(prefix));

/** Copies the storage of objects. The process must have stopped. */
async function copyFiles(prefixes: readonly string[], from: string, to: string): Promise<void> {
  for (const prefix of prefixes)
    for (const file of await filesOf(prefix, from)) await cp(path.join(from, file), path.join(to, file));
}

const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => "none",
    (error: { data?: { reason?: string } }) => error.data?.reason,
  );

const login = (user: User, given: string, email = user.email) =>
  codeOf(user.http.auth.login.mutate({ email, password: given }));

it("finishes the restore of a user and an organization with replaced files of their storage", async () => {
  const [ada, bob] = [await signUp(() => proxy.port), await signUp(() => proxy.port)];
  const { id } = await bob.http.organizations.create.mutate({ name: "Acme" });
  const { id: left } = await bob.http.organizations.create.mutate({ name: "Left" });
  const member = { userId: ada.userId, role: "admin" };
  await system("organizations.members.add", { ...member, organizationId: id });
  await system("organizations.members.add", { ...member, organizationId: left });
  const subscriber = subscribe(ada, proxy.port);
  await subscriber.started;
  await ada.http.write.mutate({ n: 1 });
  await expect.poll(subscriber.events, waiting).toBe(1);
  const namesOf = async () => (await ada.http.organizations.list.query()).map(({ name }) => name);
  await expect.poll(namesOf, waiting).toEqual(["Acme", "Left"]);
  await tokenTo(ada.email, "verifyEmail");

  const names = [`user:${ada.userId}`, `organization:${id}`];
  const prefixes = await Promise.all(names.map(fileOf));
  const earlier = path.join(storage.folder, "earlier");
  await running.kill();
  await cp(folder(), earlier, { recursive: true });
  await start();

  const at = new Date();
  await ada.http.write.mutate({ n: 2 });
  await ada.http.auth.changePassword.mutate({ currentPassword: password, newPassword });
  const email = `new-${ada.email}`;
  await ada.http.auth.changeEmail.mutate({ email, password: newPassword });
  await ada.http.auth.confirmEmailChange.mutate({ token: await tokenTo(email, "changeEmail") });
  await ada.http.organizations.leave.mutate({ organizationId: left });
  await bob.http.organizations.update.mutate({ organizationId: id, name: "Evil" });
  await expect.poll(namesOf, waiting).toEqual(["Evil"]);
  await expect.poll(subscriber.events, waiting).toBe(2);

  const calls = [
    ["admin.users.restore", { userId: ada.userId, at, reason }],
    ["admin.organizations.restore", { id, at, reason }],
  ] as const;
  for (const [procedure, input] of calls) {
    // The storage is not replaced yet, so the alarm repeats the restore.
    expect(await system(procedure, input)).toEqual({ applied: false, undoBookmark: "00000001" });
  }
  await running.kill();
  for (const prefix of prefixes) for (const file of await filesOf(prefix)) await rm(path.join(folder(), file));
  await copyFiles(prefixes, earlier, folder());
  await start();

  const restored = async () => {
    const { items } = await system<{ items: { action: string; outcome: string }[] }>("admin.audit.list", {});
    return items.filter(({ action }) => action.endsWith(".restore")).map(({ outcome }) => outcome);
  };
  await expect.poll(restored, { ...waiting, timeout: 120_000 }).toEqual(["ok", "ok"]);

  expect((await ada.http.all.query()).entries.map(({ n }) => n)).toEqual([1]);
  expect((await ada.http.auth.me.query()).user.email).toBe(email);
  expect([await login(bob, password, email), await login(bob, newPassword, ada.email)]).toEqual([
    "WRONG_CREDENTIALS",
    "WRONG_CREDENTIALS",
  ]);
  await expect.poll(namesOf, waiting).toEqual(["Acme"]);
  expect((await ada.http.organizations.get.query({ organizationId: id })).name).toBe("Acme");
  // The old cursor is not resumed.
  await expect.poll(() => subscriber.problems.some((problem) => problem.startsWith("reset")), waiting).toBe(true);
  await ada.http.write.mutate({ n: 3 });
  await expect.poll(() => [...subscriber.rows.values()].some(({ n }) => n === 3), waiting).toBe(true);
  subscriber.close();
  const listed = async () => {
    const { items } = await system<{ items: { organizationCount: number }[] }>("admin.users.list", { search: email });
    return items.map(({ organizationCount }) => organizationCount);
  };
  await expect.poll(listed, waiting).toEqual([1]);
  // Nothing that had been sent is sent again.
  expect(await (await send("/mails")).json()).toEqual([]);
  const again = await signUp(() => proxy.port);
  expect(await login(again, newPassword, email)).toBe("none");
});
