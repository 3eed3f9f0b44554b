import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { createCaller } from "trpc-userdo/worker";
import { describe, expect, it } from "vitest";
import type { AppRouter } from "../../fixtures/app/router.js";
import { freshEmail, openBrowser, password } from "../../fixtures/browser.js";
import { exportUserDO, sortForImport } from "../../fixtures/moving/userdo-export.js";
import { listed } from "../../fixtures/organizations.js";

const system = createCaller<AppRouter>(env.BLOG_DO).asSystem();

const toBase64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));

/** Hashes a password as UserDO does. */
async function hashOf(typed: string): Promise<{ readonly hash: string; readonly salt: string }> {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const key = await crypto.subtle.importKey("raw", new TextEncoder().encode(typed), { name: "PBKDF2" }, false, [
    "deriveBits",
  ]);
  const algorithm = { name: "PBKDF2", salt, iterations: 100_000, hash: "SHA-256" };
  return { hash: toBase64(new Uint8Array(await crypto.subtle.deriveBits(algorithm, key, 256))), salt: toBase64(salt) };
}

interface OldRow {
  readonly data: object;
  readonly organizationId?: string;
}

interface OldObject {
  readonly email: string;
  readonly keys?: Readonly<Record<string, unknown>>;
  readonly tables?: Readonly<Record<string, readonly OldRow[]>>;
}

const createdAt = "2025-06-07T08:09:10.111Z";

/** Stores what UserDO stores in the object of one address, and returns the records of its export. */
function exportOf({ email, keys = {}, tables = {} }: OldObject): Promise<object[]> {
  return runInDurableObject(env.BARE_DO.getByName(crypto.randomUUID()), async (_instance, { storage }) => {
    const { hash, salt } = await hashOf(password);
    await storage.put("__user", {
      id: "a".repeat(64),
      email,
      passwordHash: hash,
      salt,
      createdAt,
      refreshTokens: ["x.y.z"],
    });
    await storage.put("__rl", { count: 1, resetAt: 1 });
    for (const [key, value] of Object.entries(keys)) await storage.put(key, value);
    for (const [table, rows] of Object.entries({ owned_organizations: [], organization_members: [], ...tables })) {
      storage.sql.exec(
        `CREATE TABLE IF NOT EXISTS "${table}" (id TEXT PRIMARY KEY, data TEXT NOT NULL, created_at INTEGER NOT NULL,
          updated_at INTEGER NOT NULL, user_id TEXT, organization_id TEXT)`,
      );
      for (const { data, organizationId } of rows) {
        const at = Date.parse(createdAt);
        const values = [crypto.randomUUID(), JSON.stringify(data), at, at + 5, "a".repeat(64), organizationId ?? null];
        storage.sql.exec(`INSERT INTO "${table}" VALUES (?, ?, ?, ?, ?, ?)`, ...values);
      }
    }
    return exportUserDO(storage);
  });
}

describe("the script of docs/from-userdo.md", () => {
  it("moves users with their passwords, keys, rows and organizations", async () => {
    const [ada, bob] = [freshEmail(), freshEmail()];
    const organizationId = crypto.randomUUID();
    const membership = {
      organizationId,
      organizationName: "Acme",
      ownerEmail: ada,
      role: "member",
      joinedAt: createdAt,
    };
    const member = { id: "m", organizationId, userId: "b", email: bob, role: "member", createdAt };
    const records = [
      ...(await exportOf({
        email: bob,
        keys: { organization_memberships: [membership] },
        tables: { projects: [{ data: { name: "Of Bob" }, organizationId }] },
      })),
      ...(await exportOf({
        email: ada,
        keys: { theme: "dark", draft: { text: "…", at: new Date(0) } },
        tables: {
          posts: [{ data: { title: "Hello", body: "World", done: true } }],
          projects: [{ data: { name: "Of Ada" }, organizationId }],
          owned_organizations: [{ data: { id: organizationId, name: "Acme", ownerId: "a", createdAt } }],
          organization_members: [{ data: member }],
        },
      })),
    ];
    // As the lines of the file.
    const lines = sortForImport(records).map((record) => JSON.parse(JSON.stringify(record)) as never);
    const report = await system.admin.import({ records: lines, reason: "Moving" });
    expect(report).toMatchObject({ refused: [], ignored: 0, imported: lines.length });

    const client = openBrowser().client();
    const { user } = await client.auth.login.mutate({ email: ada, password });
    expect(user).toMatchObject({ emailVerified: false, createdAt: new Date(createdAt) });
    expect(await client.posts.list.query()).toMatchObject([
      { title: "Hello", body: "World", done: true, createdAt: new Date(createdAt) },
    ]);
    const { items } = await client.kv.list.query({});
    expect(items.map(({ key, value }) => [key, value])).toEqual([
      ["draft", { text: "…", at: new Date(0).toISOString() }],
      ["theme", "dark"],
    ]);
    const [acme] = (await listed({ client })).values();
    expect(acme).toMatchObject({ name: "Acme", role: "owner" });
    const projects = await client.projects.list.query({ organizationId: acme?.id ?? "" });
    expect(projects.map(({ name }) => name).toSorted()).toEqual(["Of Ada", "Of Bob"]);
    const other = openBrowser().client();
    await other.auth.login.mutate({ email: bob, password });
    expect([...(await listed({ client: other })).values()]).toMatchObject([{ name: "Acme", role: "member" }]);
  });

  it("exports nothing of an object without a user", () =>
    runInDurableObject(env.BARE_DO.getByName(crypto.randomUUID()), async (_instance, { storage }) => {
      expect(await exportUserDO(storage)).toEqual([]);
    }));
});
