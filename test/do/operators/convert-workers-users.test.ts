import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { expect, it, vi } from "vitest";
import { z } from "zod";
import { importHash, verifyPassword } from "../../../src/do/accounts/passwords/password.js";
import { createRecordParser, type ParsedRecord } from "../../../src/do/operators/parse-record.js";
import type { AppDefinition } from "../../../src/router/definition.js";

// Each check of a password takes a fifth of a second or more.
vi.setConfig({ testTimeout: 60_000 });

const script = path.join(import.meta.dirname, "../../fixtures/moving/convert-workers-users.mjs");
const password = "correct horse battery";

/** Hashes a password as workers-users does. */
function hashOf(typed: string): string {
  const salt = randomBytes(16).reduce((text, byte) => text + String(byte), "");
  return `${salt}:${createHash("sha256")
    .update(salt + typed)
    .digest("hex")}`;
}

/** The printed rows of `wrangler d1 execute --json`. */
const printed = (results: readonly object[]): string =>
  JSON.stringify([{ results, success: true, meta: { duration: 1 } }]);

const app: AppDefinition = {
  tables: { user: {}, organization: {}, app: {} },
  profile: z.object({ firstName: z.string().optional(), lastName: z.string().optional() }),
  kv: {},
  roles: {},
  settings: undefined,
  appRoles: {},
};

it("docs/from-workers-users.md converts users with their passwords and roles", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "trpc-userdo-moving-"));
  const user = { ResetToken: null, ResetTokenTime: null, CreatedAt: "2024-03-04 05:06:07" };
  const users = [
    {
      UserID: 1,
      Username: "ada@example.com",
      Password: hashOf(password),
      FirstName: "Ada",
      LastName: "Lovelace",
      ...user,
    },
    {
      UserID: 2,
      Username: "Bob@Example.com",
      Password: hashOf("another horse"),
      FirstName: "",
      LastName: null,
      ...user,
    },
    { UserID: 3, Username: "eve@example.com", Password: "not a hash", FirstName: "Eve", LastName: null, ...user },
  ];
  const roles = [
    { user_id: 1, name: "SUPER_ADMIN" },
    { user_id: 1, name: "MEMBER" },
    { user_id: 2, name: "MEMBER" },
    { user_id: 2, name: "EDITOR" },
    { user_id: 9, name: "EDITOR" },
  ];
  try {
    await writeFile(path.join(folder, "users.json"), printed(users));
    await writeFile(path.join(folder, "roles.json"), printed(roles));
    const { stdout } = await promisify(execFile)(process.execPath, [script], { cwd: folder });
    expect(stdout).toBe("Wrote 5 records to users.jsonl.\n");
    const parse = createRecordParser(app, undefined);
    const lines = (await readFile(path.join(folder, "users.jsonl"), "utf8")).trimEnd().split("\n");
    const records = lines.map((line) => parse(JSON.parse(line)) as ParsedRecord);
    expect(records).toMatchObject([
      {
        type: "account",
        account: {
          email: "ada@example.com",
          emailVerified: false,
          createdAt: new Date("2024-03-04T05:06:07Z"),
          profile: { firstName: "Ada", lastName: "Lovelace" },
        },
      },
      { type: "account", account: { email: "bob@example.com", profile: {} } },
      { type: "account", account: { email: "eve@example.com", profile: { firstName: "Eve" } } },
      { type: "role", email: "ada@example.com", role: "superadmin" },
      { type: "role", email: "bob@example.com", role: "editor" },
    ]);
    const [ada, , eve] = records.flatMap((record) => (record.type === "account" ? [record.account] : []));
    expect(eve?.passwordHash).toBeUndefined();
    const stored = await importHash(ada?.passwordHash ?? "", 100_000);
    expect(await verifyPassword(password, stored, 100_000)).toEqual({ ok: true, outdated: true });
    expect((await verifyPassword("another horse", stored, 100_000)).ok).toBe(false);
  } finally {
    await rm(folder, { recursive: true });
  }
});
