import { cp, readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createStorageFolder, type StorageFolder, type Process } from "../process/start-workerd.js";
import { laterBy, openBrowser, openRawSocket, openSocket, subscriptionIdsOf } from "./browser.js";
import { readSchemas } from "./read-schemas.js";
import { extremes, password, type Contents } from "./fill-storage.js";

const releases = fileURLToPath(new URL("releases", import.meta.url));

const waiting = { timeout: 30_000, interval: 50 };

describe.each(await readdir(releases))("storage that version %s wrote", (name) => {
  let storage: StorageFolder;
  let running: Process;
  let contents: Contents;

  beforeAll(async () => {
    storage = await createStorageFolder({ app: "test/upgrade/app/worker.ts" });
    contents = JSON.parse(await readFile(path.join(releases, name, "contents.json"), "utf8")) as Contents;
    await cp(path.join(releases, name, "storage"), path.join(storage.folder, "storage"), { recursive: true });
    running = await storage.start();
  });

  afterAll(async () => {
    await running.kill();
    await storage.remove();
  });

  const ada = () => openBrowser(running.port, new Map(contents.ada.cookies));
  const ben = () => openBrowser(running.port, new Map(contents.ben.cookies));
  const control = (call: string, body?: unknown) =>
    fetch(`http://127.0.0.1:${running.port}/${call}`, body ? { method: "POST", body: JSON.stringify(body) } : {});

  it("keeps sessions signed in, on every device", async () => {
    const me = await ada().http.auth.me.query();
    expect(me).toMatchObject({ user: { id: contents.ada.userId, email: "ada@example.com", emailVerified: true } });
    expect(me.user.profile).toEqual({ firstName: "Ada", born: new Date("1815-12-10T00:00:00Z") });
    const phone = openBrowser(running.port, new Map(contents.phone));
    expect((await phone.http.auth.me.query()).user.id).toBe(contents.ada.userId);
    expect(await ada().http.sessions.list.query()).toHaveLength(2);
    expect(await ada().http.sessions.data.get.query()).toEqual({ cart: ["tea"] });
  });

  it("refreshes a session of which only the refresh token is left", async () => {
    const cookies = new Map(contents.ada.cookies);
    for (const cookie of cookies.keys()) if (cookie.endsWith("-access")) cookies.delete(cookie);
    const browser = openBrowser(running.port, cookies);
    expect((await browser.http.auth.me.query()).user.id).toBe(contents.ada.userId);
    expect((await browser.http.auth.me.query()).user.id).toBe(contents.ada.userId);
  });

  it("accepts the passwords at sign-in", async () => {
    const browser = openBrowser(running.port);
    await browser.http.auth.login.mutate({ email: "ada@example.com", password });
    await browser.http.auth.login.mutate({ email: "ben@example.com", password: `${password} 2` });
    const wrong = browser.http.auth.login.mutate({ email: "ben@example.com", password });
    await expect(wrong).rejects.toMatchObject({ data: { code: "UNAUTHORIZED" } });
    const taken = browser.http.auth.signup.mutate({ email: "ada@example.com", password: "another password 1" });
    await expect(taken).rejects.toMatchObject({ data: { code: "CONFLICT" } });
  });

  it("reads and writes tables and keys", async () => {
    const { http } = ada();
    const [thing] = await http.things.list.query();
    expect(thing).toMatchObject({ name: "one", stars: 5, price: 1.5, sold: true, ...extremes });
    const twice = http.things.create.mutate({ name: "one", stars: 1, price: 1, sold: false, ...extremes });
    await expect(twice).rejects.toMatchObject({ data: { code: "CONFLICT" } });
    expect((await http.posts.list.query()).map(({ title }) => title)).toEqual(["renamed"]);
    const post = await http.posts.create.mutate({ title: "written by this version" });
    await http.posts.delete.mutate({ id: post.id });
    expect(await http.kv.get.query({ key: "preferences" })).toEqual({ theme: "dark", since: new Date(86_400_000) });
    expect(await http.kv.get.query({ key: "brief" })).toBeNull();
    expect(await http.kv.increment.mutate({ key: "visits" })).toBe(2);
  });

  it("resumes a subscription at its client's cursor", async () => {
    const { client, close } = openSocket(running.port, ada());
    const seen: unknown[] = [];
    client.posts.changes.subscribe({ lastEventId: contents.cursor } as never, {
      onData: ({ data }) => void seen.push(data),
    });
    const { kept, deleted } = contents.postIds;
    await expect
      .poll(() => seen, waiting)
      .toEqual(
        expect.arrayContaining([
          expect.objectContaining({ type: "update", id: kept, data: expect.objectContaining({ title: "renamed" }) }),
          { type: "delete", id: deleted },
        ]),
      );
    expect(seen).not.toContainEqual({ type: "reset" });
    await close();
  });

  it.each(["sockets", "fullSocket"] as const)("resumes the subscriptions of a sleeping socket (%s)", async (which) => {
    const stored = laterBy(Date.now() - contents.storedAt, contents[which]);
    const browser = ada();
    const { frames, answerPing, close } = await openRawSocket(running.port, browser);
    await control(`restore?name=user:${contents.ada.userId}`, stored);
    await running.evict(contents.ada.userId);
    const post = await browser.http.posts.create.mutate({ title: which });
    // The object asked the client of the full socket whether it still reads, and waits for the answer.
    if (which === "fullSocket") answerPing();
    const ids = subscriptionIdsOf(stored);
    expect(ids.length).toBe(which === "sockets" ? 2 : 151);
    for (const id of ids) await expect.poll(() => frames.get(id) ?? "", waiting).toContain(post.id);
    await browser.http.posts.delete.mutate({ id: post.id });
    close();
  });

  it("delivers messages that waited in the outbox", async () => {
    const ofBen = async () => (await ben().http.organizations.list.query())[0];
    await expect.poll(ofBen, waiting).toMatchObject({ id: contents.organizationId, name: "Home", role: "admin" });
    const mails = async () => (await (await control("mails")).json()) as { kind: string; to: string }[];
    await expect
      .poll(mails, waiting)
      .toContainEqual(expect.objectContaining({ kind: "passwordChanged", to: "ben@example.com" }));
  });

  it("keeps organizations, their members and their data", async () => {
    const { organizationId } = contents;
    const { http } = ada();
    expect(await http.organizations.get.query({ organizationId })).toMatchObject({ name: "Home", role: "owner" });
    const members = await http.organizations.members.list.query({ organizationId });
    expect(members.map(({ email, role }) => [email, role])).toEqual([
      ["ada@example.com", "owner"],
      ["ben@example.com", "admin"],
    ]);
    const projects = await http.projects.list.query({ organizationId });
    expect(projects.map(({ name: title }) => title)).toEqual(["Garden", "Roof"]);
    expect(await http.projects.theme.query({ organizationId })).toBe("dark");
    await http.organizations.invitations.create.mutate({ organizationId, email: "carol@example.com", role: "member" });
    expect(await http.organizations.invitations.list.query({ organizationId })).toHaveLength(1);
  });

  it("runs a mutation with an idempotency key once, in users' and in organizations' objects", async () => {
    const { organizationId } = contents;
    const browser = ada();
    const calls = [
      ["posts.create", { title: "keyed" }],
      ["projects.create", { organizationId, name: "keyed" }],
    ] as const;
    for (const [path, input] of calls) {
      const first = await browser.post(path, input, "key");
      expect(first).toContain("keyed");
      expect(await browser.post(path, input, "key")).toBe(first);
    }
    expect((await browser.http.posts.list.query()).map(({ title }) => title)).toContain("keyed");
    const projects = await browser.http.projects.list.query({ organizationId });
    expect(projects.map(({ name: title }) => title)).toEqual(["Garden", "Roof", "keyed"]);
  });

  it("runs schedules, in users' and in organizations' objects", async () => {
    const { organizationId } = contents;
    const { http } = ada();
    await http.posts.createLater.mutate({ title: "scheduled" });
    await http.projects.createLater.mutate({ organizationId, name: "scheduled" });
    const titles = async () => (await http.posts.list.query()).map(({ title }) => title);
    await expect.poll(titles, waiting).toContain("scheduled");
    const names = async () => (await http.projects.list.query({ organizationId })).map(({ name: title }) => title);
    await expect.poll(names, waiting).toContain("scheduled");
  });

  it("has the schema of new objects", async () => {
    const dora = openBrowser(running.port);
    await dora.http.auth.signup.mutate({ email: "dora@example.com", password });
    await dora.http.organizations.create.mutate({ name: "New" });
    await running.kill();
    const schemas = await readSchemas(path.join(storage.folder, "storage"));
    running = await storage.start();
    const counts = Object.fromEntries(Array.from(schemas, ([kind, { length }]) => [kind, length]));
    // The other one is the directory.
    expect(counts).toEqual({ _account: 3, _organization: 2, _pointer: 4, other: 1 });
    for (const ofKind of schemas.values()) {
      for (const schema of ofKind) expect(schema).toEqual(ofKind[0]);
    }
  });

  it("exports and deletes an account", async () => {
    const { client, close } = openSocket(running.port, ada());
    const exported: unknown[] = [];
    await new Promise<void>((resolve, reject) => {
      client.account.export.subscribe(undefined, {
        onData: (record) => void exported.push(record),
        onComplete: resolve,
        onError: reject,
      });
    });
    await close();
    expect(exported).toContainEqual(expect.objectContaining({ type: "row", table: "things" }));
    const { organizationId } = contents;
    await ada().http.organizations.delete.mutate({ organizationId });
    await ada().http.account.delete.mutate({ password });
    await expect(ada().http.auth.me.query()).rejects.toMatchObject({ data: { code: "UNAUTHORIZED" } });
  });
});
