import { spawn } from "node:child_process";
import { open, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createClient, type SessionTokens } from "trpc-userdo/client";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { createAdminShell, type AdminShell } from "../e2e/run-admin.js";
import { createStorageFolder, type Process, type StorageFolder } from "./start-workerd.js";

const bin = path.join(fileURLToPath(new URL("../..", import.meta.url)), "bin/trpc-userdo.js");

const operator = { email: "operator@example.com", password: "correct horse battery" };

/** Set `IMPORTED_USERS=100000` for the size of a real move. */
const USERS = Number(process.env["IMPORTED_USERS"] ?? 100);
/** The users of an import that is not interrupted, and with which the other one is compared. */
const COMPARED_USERS = Math.min(USERS, 1_000);
/** Enough for several batches: new users take most of the time. */
const ROWS_OF_USER = 9;
/** The lines of a user and the user's rows. */
const LINES_OF_USER = 1 + ROWS_OF_USER;
const LINES = USERS * LINES_OF_USER;

let storage: StorageFolder;
let server: Process;
let shell: AdminShell;
/** Calls procedures by path, past the types. */
let app: any;

const url = (pathname: string) => `http://127.0.0.1:${server.port}${pathname}`;

/** Starts the server, and signs the operator in. */
async function startServer(enter: "signup" | "login"): Promise<void> {
  server = await storage.start();
  let tokens: SessionTokens | undefined;
  app = createClient<any>({ url: url("/trpc"), tokens: { get: () => tokens, set: (given) => void (tokens = given) } });
  const { user } = await app.auth[enter].mutate(operator);
  if (enter === "signup") expect((await fetch(url(`/superadmin?userId=${user.id}`))).status).toBe(200);
  expect(await shell.run(["login", `--email=${operator.email}`], `${operator.password}\n`)).toMatchObject({ code: 0 });
}

beforeAll(async () => {
  storage = await createStorageFolder({ app: "test/fixtures/import-app/worker.ts" });
  shell = await createAdminShell(() => url("/trpc"));
  await startServer("signup");
}, 120_000);

afterAll(async () => {
  await shell?.delete();
  await server?.kill();
  await storage?.remove();
});

/** Starts `trpc-userdo import`. */
function start(file: string, ...options: string[]) {
  const env = { ...process.env, XDG_CONFIG_HOME: shell.folder, TRPC_USERDO_URL: url("/trpc") };
  const child = spawn(process.execPath, [bin, "import", file, "--reason=A test.", ...options], { env });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (output = `${output}${chunk.toString()}`.slice(-2_000)));
  const ended = new Promise<{ code: number | null; output: string }>((resolve) => {
    child.once("close", (code) => resolve({ code, output }));
  });
  return { child, ended };
}

const addressOf = (prefix: string, number: number): string => `${prefix}-${number}@example.com`;

/** Writes a file with users, and tasks of each. */
async function writeUsers(prefix: string, users: number): Promise<string> {
  const createdAt = "2020-01-02T03:04:05.678Z";
  const name = path.join(shell.folder, `${prefix}.jsonl`);
  const file = await open(name, "w");
  for (let number = 0; number < users; number++) {
    const email = addressOf(prefix, number);
    const lines: object[] = [{ type: "user", data: { email, emailVerified: number % 2 === 0, createdAt } }];
    for (let row = 0; row < ROWS_OF_USER; row++) {
      const data = { id: `task ${number} ${row}`, title: `Task ${number} ${row}`, createdAt };
      lines.push({ type: "row", user: email, table: "tasks", data });
    }
    await file.write(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  }
  await file.close();
  return name;
}

const countUsers = async (): Promise<number> => (await app.admin.users.count.query({})).count;

const linesDone = async (file: string): Promise<number> =>
  readFile(`${file}.progress`, "utf8").then(
    (text) => (JSON.parse(text) as { readonly line: number }).line,
    () => 0,
  );

/** What an operator sees of a user, without what differs between two users. */
async function contentOf(email: string) {
  const { user, sessions } = await shell.json("users", "show", email);
  const file = path.join(shell.folder, `${email}.ndjson`);
  const args = ["users", "export", email, "--reason=A test.", `--output=${file}`];
  expect(await shell.run(args)).toMatchObject({ code: 0 });
  const records = (await readFile(file, "utf8"))
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as any);
  const rows = records.filter(({ type }) => type === "row").map(({ table, data }) => ({ table, data }));
  const { emailVerified, createdAt, roles } = user;
  return { emailVerified, createdAt, roles, sessions, rows };
}

// Timeouts are for the machine: a real move takes an hour.
it("continues after it was killed, and imports the same as one that was not", { timeout: 4 * 3_600_000 }, async () => {
  const killed = await writeUsers("killed", USERS);
  const whole = await writeUsers("whole", COMPARED_USERS);
  let last = 0;
  for (let kills = 0; kills < 3; kills++) {
    const { child, ended } = start(killed);
    const until = Math.max(last + 1, (LINES * kills) / 4);
    last = await vi.waitUntil(
      async () => {
        const done = await linesDone(killed);
        return done >= until && done;
      },
      { timeout: 3_600_000, interval: 5 },
    );
    await delay(Math.random() * 50);
    child.kill("SIGKILL");
    await ended;
  }
  expect(last).toBeGreaterThan(0);
  expect(last).toBeLessThan(LINES);
  const finished = await start(killed).ended;
  expect(finished).toMatchObject({ code: 0 });
  expect(finished.output).toContain(`${LINES} lines: `);
  expect(finished.output).toContain(" 0 refused");
  await expect(stat(`${killed}.progress`)).rejects.toThrow("ENOENT");
  expect(await start(whole).ended).toMatchObject({
    code: 0,
    output: expect.stringContaining(`${COMPARED_USERS * LINES_OF_USER} imported, 0 refused`),
  });

  const again = await start(killed, "--restart").ended;
  expect(again.output).toContain(`0 imported, ${LINES} imported before, 0 refused`);
  // With the operator.
  const users = USERS + COMPARED_USERS + 1;
  await vi.waitUntil(async () => (await countUsers()) === users, {
    timeout: 60_000,
    interval: 500,
  });
  for (const number of [0, 1, Math.floor(COMPARED_USERS / 2), COMPARED_USERS - 1])
    expect(await contentOf(addressOf("killed", number))).toEqual(await contentOf(addressOf("whole", number)));
  const { rows } = await contentOf(addressOf("killed", USERS - 2));
  const titles = Array.from({ length: ROWS_OF_USER }, (_, row) => `Task ${USERS - 2} ${row}`);
  expect(rows.map(({ data }) => String(data.title)).toSorted()).toEqual(titles.toSorted());
});

it("continues after the server was killed in the middle of a batch", { timeout: 600_000 }, async () => {
  const users = 50;
  const file = await writeUsers("crashed", users);
  const before = await countUsers();
  for (let kills = 0; kills < 3; kills++) {
    const { child, ended } = start(file, "--restart");
    await delay(700 + Math.random() * 500);
    await server.kill();
    // It would wait for the server, which gets another port.
    child.kill("SIGKILL");
    await ended;
    await startServer("login");
  }
  const finished = await start(file, "--restart").ended;
  expect(finished).toMatchObject({ code: 0, output: expect.stringContaining(" 0 refused") });
  const again = await start(file, "--restart").ended;
  expect(again.output).toContain(`0 imported, ${users * LINES_OF_USER} imported before, 0 refused`);
  await vi.waitUntil(async () => (await countUsers()) === before + users, { timeout: 60_000, interval: 500 });
});
