import { spawn } from "node:child_process";
import { readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { createClient, type SessionTokens } from "trpc-userdo/client";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { eventually } from "./launch-chromium.js";
import { createAdminShell, type AdminShell } from "./run-admin.js";
import { startBuiltExample, type RunningExample } from "./start-example.js";

const bin = path.join(fileURLToPath(new URL("../..", import.meta.url)), "bin/trpc-userdo.js");

const password = "correct horse battery";
const admin = "admin@example.com";

let example: RunningExample;
let shell: AdminShell;

interface InboxMail {
  readonly to: string;
  readonly link?: string;
}

beforeAll(async () => {
  example = await startBuiltExample("development");
  let tokens: SessionTokens | undefined;
  const url = new URL("/trpc", example.url).href;
  const app = createClient<any>({ url, tokens: { get: () => tokens, set: (given) => void (tokens = given) } }) as any;
  await app.auth.signup.mutate({ email: admin, password });
  const link = await vi.waitUntil(async () => {
    const inbox = (await (await fetch(new URL("/dev/inbox", example.url))).json()) as InboxMail[];
    return inbox.find(({ to }) => to === admin)?.link;
  }, eventually);
  const token = new URLSearchParams(new URL(link, example.url).hash.slice(1)).get("token");
  await app.auth.verifyEmail.mutate({ token });
  shell = await createAdminShell(() => example.url);
  expect(await shell.run(["login", `--email=${admin}`], `${password}\n`)).toMatchObject({ code: 0 });
});

afterAll(async () => {
  await shell?.delete();
  await example?.stop();
});

/** Starts `trpc-userdo import`. */
function start(file: string, ...options: string[]) {
  const env = { ...process.env, XDG_CONFIG_HOME: shell.folder, TRPC_USERDO_URL: example.url };
  const child = spawn(process.execPath, [bin, "import", file, "--reason=A test.", ...options], { env });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<{ code: number | null; output: string }>((resolve) => {
    child.once("close", (code) => resolve({ code, output }));
  });
  return { child, ended };
}

const run = (file: string, ...options: string[]) => start(file, ...options).ended;

const addressOf = (prefix: string, number: number): string => `${prefix}-${number}@example.com`;

it("says which lines are refused and why, and imports them when they are corrected", async () => {
  const file = path.join(shell.folder, "mixed.jsonl");
  const good = (number: number) => JSON.stringify({ type: "user", data: { email: addressOf("mixed", number) } });
  const lines = [good(0), "{", "", `${good(1)}\r`, `{"type":"user","data":{"email":"ada"}}`, good(0), "null"];
  const half = good(2).slice(0, 20);
  await writeFile(file, `${lines.join("\n")}\n${half}`);
  const first = await run(file);
  expect(first).toMatchObject({ code: 1, output: expect.stringContaining("2 imported, 1 imported before, 4 refused") });
  const refused = (await readFile(`${file}.refused`, "utf8"))
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
  expect(refused).toMatchObject([
    { line: 2, reason: "RECORD_INVALID", message: "The line is not JSON." },
    { line: 8, reason: "RECORD_INVALID", message: expect.stringContaining("ends in the middle") },
    { line: 5, reason: "EMAIL_INVALID" },
    { line: 7, reason: "RECORD_INVALID" },
  ]);
  expect((await stat(`${file}.refused`)).mode & 0o777).toBe(0o600);
  await writeFile(file, `${[good(0), good(1), good(2)].join("\n")}\n`);
  expect(await run(file)).toMatchObject({ code: 0, output: expect.stringContaining("1 imported, 2 imported before") });
  await expect(stat(`${file}.refused`)).rejects.toThrow("ENOENT");
});

it("refuses to continue the import of another file, unless it starts again", async () => {
  const file = path.join(shell.folder, "other.jsonl");
  await writeFile(file, "");
  await writeFile(`${file}.progress`, JSON.stringify({ line: 5, bytes: 99, url: "http://localhost:1/trpc" }));
  expect(await run(file)).toMatchObject({ code: 1, output: expect.stringContaining("--restart") });
  expect(await run(file, "--restart")).toMatchObject({ code: 0, output: expect.stringContaining("0 lines") });
  expect(await run(path.join(shell.folder, "missing.jsonl"))).toMatchObject({ code: 1 });
  expect(await run(file, "--existing=replace")).toMatchObject({ code: 2 });
});
