import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it, vi } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const bin = path.join(root, "bin/trpc-userdo.js");

// Each run starts a process and bundles an app.
vi.setConfig({ testTimeout: 60_000 });

let folder: string;
beforeAll(async () => {
  await mkdir(path.join(root, "test-results"), { recursive: true });
  folder = await mkdtemp(path.join(root, "test-results/schema-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs the package's own program, as npx does. */
async function schema(args: string[], cwd = folder): Promise<{ code: number; stdout: string; stderr: string }> {
  const run = promisify(execFile)(process.execPath, [bin, "schema", ...args], { cwd });
  return run.then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
}

/** An app in TypeScript that Node alone cannot read: an enum, and imports as a bundler resolves them. */
function app(fields: string, options = ""): string {
  return `
    import { env } from "cloudflare:workers";
    import { initUserDO, table } from "trpc-userdo/router";
    import { z } from "zod";
    import { Level } from "./level";

    void env;
    const t = initUserDO({
      tables: {
        user: { posts: table(z.object({ ${fields} level: z.enum(Level).default(Level.Low) })${options}) },
        organization: { projects: table(z.object({ name: z.string() }), { unique: ["name"] }) },
      },
      migrations: { user: [{ id: "it's a step", up() {} }] },
    });
    const posts = t.router({ count: t.userProcedure.query(({ ctx }) => ctx.tables.posts.count()) });
    export const postsRouter = posts;
    export const appRouter = t.router({ ...t.builtin, posts });
  `;
}

async function write(name: string, text: string): Promise<void> {
  await writeFile(path.join(folder, name), text);
}

beforeAll(() => write("level.ts", `export enum Level { Low = "low", High = "high" }`));

it("prints the tables of each kind of owner, the same at each run", async () => {
  await write(
    "app.ts",
    app(
      `title: z.string(), key: z.string().default(() => crypto.randomUUID()), day: z.date().default(() => new Date()),
      month: z.string().default(() => new Date().toISOString().slice(0, 7)), stars: z.int().default(3),`,
      `, { indexes: [["level", "createdAt"]] }`,
    ),
  );
  const first = await schema(["app.ts", "--snapshot=none.sql"]);
  expect(first).toMatchObject({ code: 0, stderr: "" });
  expect(first.stdout).toContain(`-- user
-- migration "it's a step"
CREATE TABLE "posts" (
  "id" TEXT PRIMARY KEY NOT NULL,
  "title" TEXT NOT NULL,
  "key" TEXT NOT NULL DEFAULT /* computed */,
  "day" INTEGER NOT NULL DEFAULT /* computed */,
  "month" TEXT NOT NULL DEFAULT /* computed */,
  "stars" INTEGER NOT NULL DEFAULT 3,
  "level" TEXT NOT NULL CHECK ("level" IN ('low', 'high')) DEFAULT 'low',
  "createdAt" INTEGER NOT NULL,
  "updatedAt" INTEGER NOT NULL
) STRICT;
CREATE INDEX "posts.level.createdAt" ON "posts" ("level", "createdAt");

-- organization
CREATE TABLE "projects" (`);
  expect(first.stdout).toContain("none.sql does not exist.");
  expect((await schema(["app.ts", "--snapshot=none.sql"])).stdout).toBe(first.stdout);
});

it("prints the tables of the whole app and their migrations, if the app has any", async () => {
  expect((await schema(["app.ts", "--snapshot=none.sql"])).stdout).not.toContain("-- app");
  await write(
    "shared.ts",
    `import { initUserDO, table } from "trpc-userdo/router";
    import { z } from "zod";
    const t = initUserDO({
      tables: { app: { prices: table(z.object({ sku: z.string() }), { unique: ["sku"] }) } },
      migrations: { app: [{ id: "first prices", up() {} }] },
    });
    export const appRouter = t.router({ ...t.builtin });`,
  );
  const { code, stdout } = await schema(["shared.ts", "--snapshot=none.sql"]);
  expect(code).toBe(0);
  expect(stdout).toContain(`-- app
-- migration "first prices"
CREATE TABLE "prices" (`);
  expect(stdout).toContain('CREATE UNIQUE INDEX "prices.sku!" ON "prices" ("sku");');
});

it("creates the snapshot with --write, and reports differences from it with --check", async () => {
  await write("changing.ts", app("title: z.string(),"));
  expect(await schema(["changing.ts", "--check"])).toMatchObject({
    code: 1,
    stdout: expect.stringContaining("schema.sql does not exist. Create it with --write, and commit it."),
  });
  expect(await schema(["changing.ts", "--write"])).toMatchObject({ code: 0, stdout: "Created schema.sql.\n" });
  expect(await schema(["changing.ts", "--check"])).toMatchObject({ code: 0 });

  await write("changing.ts", app("name: z.string(),", `, { unique: ["name"] }`));
  const { code, stdout } = await schema(["changing.ts", "--check"]);
  expect(code).toBe(1);
  expect(stdout).toContain('-   "title" TEXT NOT NULL,\n+   "name" TEXT NOT NULL,\n');
  expect(stdout).toContain('+ CREATE UNIQUE INDEX "posts.name!" ON "posts" ("name");');
  expect(stdout).toContain("Write a migration for each change other than a new table, a new index, or a new field");
  expect(await schema(["changing.ts"])).toMatchObject({ code: 0, stdout: expect.stringContaining('-   "title"') });

  expect(await schema(["changing.ts", "--write"])).toMatchObject({ stdout: "Updated schema.sql.\n" });
  expect(await schema(["changing.ts", "--write"])).toMatchObject({ stdout: "schema.sql is up to date.\n" });
  // Git may convert line endings.
  const text = await readFile(path.join(folder, "schema.sql"), "utf8");
  await write("schema.sql", text.replaceAll("\n", "\r\n"));
  expect(await schema(["changing.ts", "--check"])).toMatchObject({ code: 0 });
});

it("reads an app whose objects and Worker are in the same module", async () => {
  await write(
    "whole.ts",
    `import { DurableObject } from "cloudflare:workers";
    import { createUserDO } from "trpc-userdo/do";
    import { createWorker } from "trpc-userdo/worker";
    ${app("title: z.string(),")}
    export class OtherDO extends DurableObject {}
    export class BlogDO extends createUserDO(appRouter) {}
    export default createWorker(appRouter, { binding: "BLOG_DO" });`,
  );
  const { code, stdout, stderr } = await schema(["whole.ts", "--snapshot=none.sql"]);
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toContain('CREATE TABLE "posts" (');
});

it("reports a wrong command or module in one line", async () => {
  await write("plain.ts", "export const nothing = 1;");
  await write("two.ts", `export { appRouter as one } from "./one";\nexport { appRouter as other } from "./other";`);
  await write("one.ts", app("a: z.string(),"));
  await write("other.ts", app("b: z.string(),"));
  await write("wrong.ts", app("when: z.promise(z.string()),"));
  const wrong: [args: string[], message: string][] = [
    [[], "trpc-userdo schema <router module> [options]"],
    [["plain.ts", "more"], "trpc-userdo schema <router module> [options]"],
    [["plain.ts", "--chekc"], "--chekc"],
    [["plain.ts", "--check", "--write"], "Pass one of them"],
    [["missing.ts"], "missing.ts could not be bundled."],
    [["plain.ts"], "plain.ts does not export a router."],
    [["two.ts"], "exports routers of several apps. Choose one with --export=NAME"],
    [["two.ts", "--export=third"], 'does not export a router "third"'],
    [["wrong.ts"], "posts.when"],
  ];
  const results = await Promise.all(wrong.map(([args]) => schema(args)));
  for (const [index, { code, stderr }] of results.entries()) {
    expect([code, stderr]).toEqual([1, expect.stringContaining(wrong[index]![1])]);
  }
  expect(await schema(["two.ts", "--export=other"])).toMatchObject({ code: 0, stdout: expect.stringContaining('"b"') });
});

it("keeps the example's snapshot up to date", async () => {
  const example = path.join(root, "examples/react-vite");
  expect(await schema(["worker/router.ts", "--check"], example)).toMatchObject({ code: 0 });
});
