import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, expect, it, test } from "vitest";
import { readBlocks, writeBlocks, type PageBlock } from "./page-blocks.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const shared = {
  target: "es2023",
  module: "esnext",
  moduleResolution: "bundler",
  strict: true,
  verbatimModuleSyntax: true,
  skipLibCheck: true,
  noEmit: true,
};
/** Like in an app: browser code sees no Workers types, and other code no DOM. */
const programs = [
  { extension: "ts", compilerOptions: { ...shared, lib: ["esnext"], types: ["@cloudflare/workers-types", "node"] } },
  { extension: "tsx", compilerOptions: { ...shared, jsx: "react-jsx", lib: ["esnext", "dom"], types: [] } },
];

/** Blocks that no test of this file compiles or runs, and why. */
const exempt: Readonly<Record<string, string>> = {
  "README.md jsonc": "test/e2e/readme.e2e.test.ts builds the app with it",
  "README.md html": "test/e2e/readme.e2e.test.ts opens it",
  "README.md sh": "test/e2e/readme.e2e.test.ts runs the commands of the app; CI runs those of the example",
  "README.md ts": "test/package/readme.test.ts compiles it",
  "README.md tsx": "test/package/readme.test.ts compiles it",
  "docs/tutorial.md html": "test/e2e/tutorial.e2e.test.ts opens it",
  "docs/tutorial.md jsonc": "test/e2e/tutorial.e2e.test.ts builds the app with it",
  "docs/tutorial.md sh": "test/e2e/tutorial.e2e.test.ts runs it",
  "docs/tutorial.md text": "test/e2e/tutorial.e2e.test.ts compares it with what the command prints",
  "docs/tutorial.md ts": "test/e2e/tutorial.e2e.test.ts compiles it",
  "docs/tutorial.md tsx": "test/e2e/tutorial.e2e.test.ts compiles it",
  "docs/how-it-works.md mermaid": "a diagram",
  "docs/admin-cli.md sh": "test/e2e/admin-cli.e2e.test.ts runs it",
  "docs/deployment.md sh": "changes the secrets of a deployed Worker",
  "docs/moving.md sh": "test/e2e/import.e2e.test.ts runs these commands",
  "docs/from-userdo.md sh": "needs the old app; test/do/operators/moved-data.workerd.test.ts moves its data",
  "docs/from-workers-users.md sh":
    "needs the old app; test/do/operators/convert-workers-users.test.ts converts its data",
  "docs/from-workers-users.md js": "test/do/operators/convert-workers-users.test.ts runs it",
  "docs/testing.md js": "test/package/testing-guide.test.ts runs it",
  "docs/idempotency.md sh": "sends mutations for minutes; CI runs the same test with 1,000",
  "docs/directory.md sql": "creates a table in D1, which the tests of this repository do not have",
  "docs/offline.md sh": "installs packages, which are those of this repository here",
  "docs/testing.md sh": "installs packages, which are those of this repository here",
  "CONTRIBUTING.md sh": "CI runs these commands",
  "docs/performance.md sh": "measures for minutes; CI runs the same command with --smoke",
};

async function pagesIn(folder: string): Promise<string[]> {
  const names = await readdir(path.join(root, folder));
  return names.filter((name) => name.endsWith(".md")).map((name) => path.posix.join(folder, name));
}

const names = (await Promise.all([".", "docs", "docs/decisions"].map(pagesIn))).flat();
const pages = await Promise.all(names.map(async (name) => ({ name, blocks: await readBlocks(name) })));

/** The pages with a block in one of these languages that is not exempt, and these blocks. */
function pagesWith(...languages: string[]): (readonly [page: string, blocks: readonly PageBlock[]])[] {
  return pages.flatMap(({ name, blocks }) => {
    const found = blocks.filter(
      ({ language }) => languages.includes(language) && exempt[`${name} ${language}`] === undefined,
    );
    return found.length === 0 ? [] : [[name, found] as const];
  });
}

const folders: string[] = [];
afterEach(() => Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true }))));

/** A folder in this repository, where apps find the built package. */
async function createFolder(): Promise<string> {
  await mkdir(path.join(root, "test-results"), { recursive: true });
  const folder = await mkdtemp(path.join(root, "test-results/guide-"));
  folders.push(folder);
  return folder;
}

async function run(cwd: string, program: string, ...args: string[]): Promise<string> {
  const env = { ...process.env, WRANGLER_SEND_METRICS: "false", NO_COLOR: "1", FORCE_COLOR: undefined };
  const { stdout, stderr } = await promisify(execFile)(program, args, { cwd, env }).catch(
    (error: { stdout: string; stderr: string }) => error,
  );
  return `${stdout}${stderr}`;
}

const installed = (name: string): string => path.join(root, "node_modules/.bin", name);

it("compiles or runs each block of each page, or says why not", () => {
  const tested = [
    ...pagesWith("ts", "tsx").flatMap(([page]) => [`${page} ts`, `${page} tsx`]),
    "docs/auth.md jsonc",
    "docs/deployment.md jsonc",
    "docs/files.md jsonc",
    "docs/migrations.md sh",
    "docs/monitoring.md jsonc",
    "docs/sessions.md html",
  ];
  const found = new Set(pages.flatMap(({ name, blocks }) => blocks.map(({ language }) => `${name} ${language}`)));
  expect([...found].filter((kind) => !tested.includes(kind) && exempt[kind] === undefined)).toEqual([]);
  expect(Object.keys(exempt).filter((kind) => !found.has(kind))).toEqual([]);
});

it("gives each block a language", async () => {
  const texts = await Promise.all(names.map((name) => readFile(path.join(root, name), "utf8")));
  const bare = texts.map((text, index) => {
    const fences = text.match(/^ *```.*$/gm) ?? [];
    return fences.length === 2 * (pages[index]?.blocks.length ?? 0) ? undefined : names[index];
  });
  expect(bare.filter((name) => name !== undefined)).toEqual([]);
});

/** Files of the app that a page imports and does not show. */
const app = {
  "router.ts": `import { initUserDO } from "trpc-userdo/router";
    const t = initUserDO();
    export const appRouter = t.router({ ...t.builtin });
    export type AppRouter = typeof appRouter;`,
  "object.ts": `import { createUserDO } from "trpc-userdo/do";
    import { appRouter } from "./router.js";
    export class BlogDO extends createUserDO(appRouter) {}`,
};

/** Further variants of a file get a name of their own, so that each of them is compiled. */
function withDistinctNames(blocks: readonly PageBlock[]): readonly PageBlock[] {
  return blocks.map((block, index) => {
    const isVariant = blocks.slice(0, index).some(({ name }) => name === block.name);
    return isVariant ? { ...block, name: `variant-${index}-${block.name}` } : block;
  });
}

it.each(pagesWith("ts", "tsx"))(
  "%s has code that compiles against the built package",
  { timeout: 60_000 },
  async (_page, blocks) => {
    expect(blocks.filter(({ name = "" }) => !/^[\w-]+\.tsx?$/.test(name))).toEqual([]);
    const folder = await createFolder();
    const files = withDistinctNames(blocks);
    for (const [name, code] of Object.entries(app)) await writeFile(path.join(folder, name), code);
    await writeBlocks(folder, files);
    for (const { extension, compilerOptions } of programs) {
      if (!files.some(({ name }) => name?.endsWith(`.${extension}`))) continue;
      const settings = JSON.stringify({ compilerOptions, include: [`*.${extension}`] });
      await writeFile(path.join(folder, "tsconfig.json"), settings);
      expect(await run(folder, installed("tsc"), "-p", ".", "--pretty", "false")).toBe("");
    }
  },
);

/** The configuration of a page, or one with the settings of a page that shows a part. */
function wranglerConfig({ name, code }: PageBlock): string {
  if (name === "wrangler.jsonc") return code;
  return `{
    "name": "blog", "main": "./worker.ts", "compatibility_date": "2026-10-01",
    "durable_objects": { "bindings": [{ "name": "BLOG_DO", "class_name": "BlogDO" }] },
    "exports": { "BlogDO": { "type": "durable-object", "storage": "sqlite" } },
    ${code}
  }`;
}

it.each(pagesWith("jsonc"))(
  "%s has a configuration that Wrangler accepts",
  { timeout: 120_000 },
  async (_page, blocks) => {
    const folder = await createFolder();
    const worker = `import { DurableObject } from "cloudflare:workers";
    export class BlogDO extends DurableObject {}
    export default { fetch: () => new Response() };`;
    await writeFile(path.join(folder, "worker.ts"), worker);
    expect(blocks).toHaveLength(1);
    const config = blocks.map(wranglerConfig).join("");
    await writeFile(path.join(folder, "wrangler.jsonc"), config);
    // Cloudflare's Vite plugin sets the folder of the page.
    await mkdir(path.join(folder, "page"));
    const assets = config.includes('"assets"') ? ["--assets", "page"] : [];
    const printed = await run(folder, installed("wrangler"), "deploy", "--dry-run", "--outdir", "out", ...assets);
    expect(printed).toContain("--dry-run: exiting now.");
    expect(printed).not.toMatch(/warning/i);
  },
);

test("docs/migrations.md has commands that print, write and check the schema", { timeout: 60_000 }, async () => {
  const folder = await createFolder();
  const blocks = await readBlocks("docs/migrations.md");
  await writeBlocks(
    path.join(folder, "src"),
    blocks.filter(({ language }) => language === "ts"),
  );
  const commands = blocks.flatMap(({ language, code }) => (language === "sh" ? code.trimEnd().split("\n") : []));
  const program = `node ${path.join(root, "bin/trpc-userdo.js")}`;
  const script = commands.map((command) => command.replace("npx trpc-userdo", program));
  expect(script.filter((command) => command.startsWith(program))).toHaveLength(3);
  const printed = await run(folder, "bash", "-eu", "-c", script.slice(1).join("\n"));
  expect(await readFile(path.join(folder, "schema.sql"), "utf8")).toContain("posts");
  expect(printed).not.toContain("Error");
});

test("docs/sessions.md has forms that post to paths of the Worker", async () => {
  const [, [{ code = "" } = {}] = []] = pagesWith("html").at(0) ?? [];
  const actions = Array.from(code.matchAll(/action="\/trpc\/(form\/\w+)"/g), ([, action = ""]) => action);
  const source = await readFile(path.join(root, "src/worker/gate/read-form.ts"), "utf8");
  expect(actions).toEqual(["form/login", "form/logout"]);
  expect(actions.filter((action) => !source.includes(`case "${action}"`))).toEqual([]);
});

test("docs/security.md names tests that exist", async () => {
  const guide = await readFile(path.join(root, "docs/security.md"), "utf8");
  const named = Array.from(guide.matchAll(/\b[\w-]+(?:\/[\w-]+)+(?:\.\w+)*\.test\.tsx?\b/g), ([name]) => name);
  expect(named.length).toBeGreaterThan(50);
  expect(named.filter((name) => !existsSync(path.join(root, "test", name)))).toEqual([]);
});
