import { spawn } from "node:child_process";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { createClient, type SessionTokens } from "trpc-userdo/client";
import { afterAll, beforeAll, describe, expect, it, test, vi } from "vitest";
import { readBlocks } from "../package/page-blocks.js";
import { createAdminShell, type AdminShell } from "./run-admin.js";
import { startExample, type RunningExample } from "./start-example.js";
import { eventually } from "./launch-chromium.js";

const password = "correct horse battery";
const admin = "admin@example.com";

let example: RunningExample;
/** The command line of the administrator, who is signed in. */
let shell: AdminShell;
const shells: AdminShell[] = [];

async function createShell(): Promise<AdminShell> {
  const created = await createAdminShell(() => example.url);
  shells.push(created);
  return created;
}

function createApp() {
  let tokens: SessionTokens | undefined;
  const url = new URL("/trpc", example.url).href;
  return createClient<any>({ url, tokens: { get: () => tokens, set: (stored) => void (tokens = stored) } }) as any;
}

async function signUp(email: string) {
  const app = createApp();
  const { user } = await app.auth.signup.mutate({ email, password });
  return { app, id: user.id };
}

interface InboxMail {
  readonly to: string;
  readonly subject: string;
  readonly link?: string;
}

async function mailsTo(email: string): Promise<InboxMail[]> {
  const response = await fetch(new URL("/dev/inbox", example.url));
  return ((await response.json()) as InboxMail[]).filter(({ to }) => to === email);
}

beforeAll(async () => {
  example = await startExample();
  const { app } = await signUp(admin);
  const link = await vi.waitUntil(async () => (await mailsTo(admin))[0]?.link, eventually);
  await app.auth.verifyEmail.mutate({
    token: new URLSearchParams(new URL(link, example.url).hash.slice(1)).get("token")!,
  });
  shell = await createShell();
  expect(await shell.run(["login", `--email=${admin}`], `${password}\n`)).toMatchObject({ code: 0 });
});

afterAll(async () => {
  await Promise.all(shells.map((each) => each.delete()));
  await example?.stop();
});

describe("a session", () => {
  it("starts with the right password, and its file is readable for its owner only", async () => {
    const other = await createShell();
    const wrong = await other.run(["login", `--email=${admin}`], "not the password\n");
    expect(wrong).toMatchObject({ code: 3, stdout: "", stderr: expect.stringContaining("password is wrong") });
    expect(wrong.stderr).not.toContain("admin login");
    expect(await readdir(other.folder)).toEqual([]);

    const right = await other.run(["login", `--email=${admin}`], password);
    expect(right).toMatchObject({ code: 0, stdout: expect.stringContaining(`as ${admin}.`), stderr: "" });
    const [name = ""] = await readdir(path.join(other.folder, "trpc-userdo"));
    const file = path.join(other.folder, "trpc-userdo", name);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(path.dirname(file))).mode & 0o777).toBe(0o700);
    expect(right.stdout + right.stderr).not.toContain(password);

    expect(await other.run(["logout"])).toMatchObject({ code: 0, stdout: expect.stringContaining("Signed out of") });
    expect(await readdir(path.dirname(file))).toEqual([]);
    expect(await other.run(["logout"])).toMatchObject({ code: 0, stdout: "You were not signed in.\n" });
    const after = await other.run(["users", "list"]);
    expect(after).toMatchObject({ code: 3, stdout: "" });
    expect(after.stderr).toContain("Sign in with: npx trpc-userdo admin login");
  });

  it("continues when its access token has expired", async () => {
    const folder = path.join(shell.folder, "trpc-userdo");
    const [name = ""] = await readdir(folder);
    const file = path.join(folder, name);
    const stored = JSON.parse(await readFile(file, "utf8")) as { url: string; tokens: SessionTokens };
    await writeFile(file, JSON.stringify({ ...stored, tokens: { ...stored.tokens, accessExpiresAt: 0 } }));
    expect(await shell.run(["roles", "list"])).toMatchObject({ code: 0 });
    const renewed = JSON.parse(await readFile(file, "utf8")) as { tokens: SessionTokens };
    expect(renewed.tokens.refreshToken).not.toBe(stored.tokens.refreshToken);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it("starts in a terminal, which does not show the password", async () => {
    const { folder } = await createShell();
    const bin = fileURLToPath(new URL("../../bin/trpc-userdo.js", import.meta.url));
    // util-linux: runs a command in a terminal of its own.
    const child = spawn("script", ["-qefc", `"${process.execPath}" "${bin}" admin login`, "/dev/null"], {
      env: { ...process.env, XDG_CONFIG_HOME: folder, TRPC_USERDO_URL: example.url },
    });
    let shown = "";
    const answers = new Map([
      ["Email:", `${admin}\r`],
      ["Password:", `${password}\r`],
    ]);
    child.stdout.on("data", (chunk: Buffer) => {
      shown += chunk.toString();
      for (const [question, answer] of answers) {
        if (!shown.includes(question)) continue;
        answers.delete(question);
        // The program reads the terminal after it has written the question.
        setTimeout(() => child.stdin.write(answer), 200);
      }
    });
    const code = await new Promise((resolve) => child.once("close", resolve));
    expect([code, shown]).toEqual([0, expect.stringContaining(`as ${admin}.`)]);
    expect(shown).not.toContain(password);
  });
});

describe("a user without the permission", () => {
  it("is denied with exit code 3, and the audit log has the denial", async () => {
    const { id } = await signUp("eve@example.com");
    const other = await createShell();
    await other.run(["login", "--email=eve@example.com"], password);
    for (const args of [["users", "list"], ["audit"], ["roles", "list"], ["schema", "status"]]) {
      expect(await other.run(args)).toMatchObject({ code: 3, stdout: "" });
    }
    const { items } = await shell.json("audit", `--actor=${id}`);
    expect(items).toContainEqual(expect.objectContaining({ outcome: "denied", actor: { type: "user", id } }));
  });
});

describe("users", () => {
  it("are found by address, and shown", async () => {
    const { id } = await signUp("ada@example.com");
    expect(await shell.run(["users", "find", "ada@example.com"])).toMatchObject({ code: 0, stdout: `${id}\n` });
    expect(await shell.run(["users", "find", "nobody@example.com"])).toMatchObject({
      code: 1,
      stderr: "No user has the address nobody@example.com.\n",
    });
    const { stdout } = await shell.run(["users", "show", "ada@example.com"]);
    expect(stdout).toContain(id);
    expect(stdout).toContain("ada@example.com");
    expect(await shell.json("users", "show", id)).toMatchObject({ user: { id, email: "ada@example.com" } });
    expect((await shell.run(["users", "show", "0".repeat(32)])).code).toBe(1);
  });

  it("are listed from the directory, in pages", async () => {
    for (const name of ["list-one", "list-two", "list-three"]) await signUp(`${name}@example.com`);
    const list = () => shell.json("users", "list", "--search=list-", "--limit=2");
    await expect.poll(async () => (await list()).nextCursor, eventually).not.toBeNull();
    const first = await list();
    const rest = await shell.json("users", "list", "--search=list-", "--limit=2", `--cursor=${first.nextCursor}`);
    const emails = [...first.items, ...rest.items].map(({ email }: { email: string }) => email);
    expect(emails.sort()).toEqual(["list-one@example.com", "list-three@example.com", "list-two@example.com"]);
    const table = await shell.run(["users", "list", "--search=list-", "--limit=2"]);
    expect(table.stdout).toMatch(/^ID +EMAIL +STATUS/);
    expect(table.stderr).toContain("--cursor=");
  });

  it("are suspended at once, until the suspension ends", async () => {
    const { app, id } = await signUp("sue@example.com");
    const suspended = await shell.run(["users", "suspend", "sue@example.com", "--reason=Spam", "--until=7d"]);
    expect(suspended).toMatchObject({ code: 0, stdout: expect.stringContaining(`User ${id}: suspended until `) });
    await expect(app.auth.me.query()).rejects.toThrow();
    await expect(createApp().auth.login.mutate({ email: "sue@example.com", password })).rejects.toMatchObject({
      data: { reason: "ACCOUNT_SUSPENDED" },
    });
    expect(await shell.json("users", "show", id)).toMatchObject({
      status: "suspended",
      suspension: { reason: "Spam" },
    });
    expect(await shell.run(["users", "unsuspend", id, "--reason=Sorted out"])).toMatchObject({ code: 0 });
    await createApp().auth.login.mutate({ email: "sue@example.com", password });
    const { items } = await shell.json("audit", `--target=${id}`);
    expect(items.map(({ reason }: { reason: string }) => reason)).toEqual(["Sorted out", "Spam"]);
  });

  it("are signed out, and get links by mail", async () => {
    const email = "mia@example.com";
    const { app } = await signUp(email);
    expect(await shell.run(["users", "revoke-sessions", email, "--reason=Lost phone"])).toMatchObject({ code: 0 });
    await expect(app.auth.me.query()).rejects.toThrow();
    expect(await shell.run(["users", "send-password-reset", email, "--reason=Forgot"])).toMatchObject({ code: 0 });
    expect(await shell.run(["users", "resend-verification", email, "--reason=Lost"])).toMatchObject({ code: 0 });
    // The mail of the sign-up, too.
    await expect.poll(async () => (await mailsTo(email)).length, eventually).toBe(3);
    const { stdout } = await shell.run(["users", "send-password-reset", email, "--reason=Again", "--json"]);
    expect(stdout).not.toContain("token=");
  });

  it("are exported to a file of its owner, and deleted", async () => {
    const email = "del@example.com";
    const { id } = await signUp(email);
    const file = path.join(shell.folder, "del.ndjson");
    expect(await shell.run(["users", "export", email, "--reason=Asked", `--output=${file}`])).toMatchObject({
      code: 0,
    });
    const records = (await readFile(file, "utf8")).trimEnd().split("\n");
    expect(records.length).toBeGreaterThan(1);
    for (const record of records) JSON.parse(record);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readFile(file, "utf8")).toContain(email);

    const remove = ["users", "delete", email, "--reason=Asked"];
    expect(await shell.run(remove)).toMatchObject({ code: 2 });
    expect(await shell.run(["users", "find", email])).toMatchObject({ code: 0 });
    expect(await shell.run([...remove, "--yes"])).toMatchObject({ code: 0, stdout: `User ${id}: deleted.\n` });
    expect(await shell.run(["users", "find", email])).toMatchObject({ code: 1 });
  });

  it("are restored only after a question, and not without bookmarks", async () => {
    const email = "rest@example.com";
    await signUp(email);
    const restore = ["users", "restore", email, "--reason=Asked"];
    const at = `--at=${new Date().toISOString()}`;
    for (const wrong of [["--yes"], [at], [at, "--bookmark=1", "--yes"], ["--at=yesterday", "--yes"]])
      expect(await shell.run([...restore, ...wrong])).toMatchObject({ code: 2 });
    const unavailable = { code: 1, stderr: expect.stringContaining("cannot restore earlier data") };
    expect(await shell.run([...restore, at, "--yes"])).toMatchObject(unavailable);
  });

  it("have no dead letters in development", async () => {
    expect(await shell.run(["dead-letters", "list", admin])).toMatchObject({ code: 0, stdout: "No dead letters.\n" });
    const retry = await shell.run(["dead-letters", "retry", admin, "made-up", "--reason=Fixed"]);
    expect(retry.code).toBe(1);
  });
});

describe("roles", () => {
  it("are created, changed, given, taken and deleted", async () => {
    const email = "rob@example.com";
    await signUp(email);
    const other = await createShell();
    await other.run(["login", `--email=${email}`], password);
    const create = ["roles", "create", "auditor", "--permission=audit:read", "--description=Reads the log"];
    expect(await shell.run(create)).toMatchObject({ code: 0 });
    expect(await shell.run(create)).toMatchObject({ code: 1 });
    expect((await shell.run(["roles", "create", "wizard", "--permission=magic:use"])).code).toBe(1);

    expect(await shell.json("roles", "assign", email, "auditor", "--reason=New")).toMatchObject({ applied: true });
    expect((await other.run(["audit"])).code).toBe(0);
    expect((await other.run(["roles", "list"])).code).toBe(3);
    await shell.json("roles", "update", "auditor", "--permission=role:read", "--name=reader");
    expect((await other.run(["audit"])).code).toBe(3);
    const { stdout } = await other.run(["roles", "list"]);
    expect(stdout).toMatch(/^reader +1 +at run time +role:read +Reads the log$/m);
    expect(stdout).toMatch(/^superadmin +1 +in code/m);
    expect((await shell.run(["roles", "unassign", email, "reader", "--reason=Left"])).code).toBe(0);
    expect((await other.run(["roles", "list"])).code).toBe(3);
    expect((await shell.run(["roles", "delete", "reader"])).code).toBe(2);
    expect((await shell.run(["roles", "delete", "reader", "--yes"])).code).toBe(0);
    expect((await shell.run(["roles", "delete", "reader", "--yes"])).code).toBe(1);
  });

  it("keep their last superadmin", async () => {
    const { code, stderr } = await shell.run(["roles", "unassign", admin, "superadmin", "--reason=Tidying"]);
    expect(code).toBe(1);
    expect(stderr).not.toBe("");
  });
});

test("schema status counts the objects at each version", async () => {
  await expect
    .poll(async () => (await shell.json("schema", "status")).items, eventually)
    .toContainEqual(expect.objectContaining({ kind: "user", objects: expect.any(Number) }));
  expect((await shell.run(["schema", "status"])).stdout).toMatch(/^OBJECT +FRAMEWORK +APP +OBJECTS$/m);
});

test("directory rebuild starts a rebuild, which the audit log has with its reason", async () => {
  const reason = "Entries are missing";
  expect(await shell.run(["directory", "rebuild", `--reason=${reason}`])).toMatchObject({ code: 0 });
  expect((await shell.json("audit", "--action=directory.rebuild")).items).toMatchObject([{ reason, outcome: "ok" }]);
});

test("the commands of docs/admin-cli.md work", async () => {
  await signUp("ada@example.com").catch(() => {});
  const blocks = await readBlocks("docs/admin-cli.md");
  const commands = blocks.flatMap(({ language, code }) => (language === "sh" ? code.trimEnd().split("\n") : []));
  expect(commands.length).toBeGreaterThan(15);
  const own = await createShell();
  for (const command of commands) {
    const words = Array.from(command.matchAll(/(?:[^\s"]|"[^"]*")+/g), ([word]) => word.replaceAll('"', ""));
    expect(words.slice(0, 3)).toEqual(["npx", "trpc-userdo", "admin"]);
    // A restore asks first.
    const code = words[4] === "restore" ? 2 : 0;
    expect(await own.run(words.slice(3), password), command).toMatchObject({ code });
  }
});
