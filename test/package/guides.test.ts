import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

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
/** As in an app: what runs in the browser sees no Workers types, the rest no DOM. */
const programs = [
  { extension: "ts", compilerOptions: { ...shared, lib: ["esnext"], types: ["@cloudflare/workers-types", "node"] } },
  { extension: "tsx", compilerOptions: { ...shared, jsx: "react-jsx", lib: ["esnext", "dom"], types: [] } },
];

async function compile(folder: string): Promise<string> {
  const tsc = path.join(root, "node_modules/.bin/tsc");
  const { stdout } = await promisify(execFile)(tsc, ["-p", folder, "--pretty", "false"]).catch(
    (error: { stdout: string }) => error,
  );
  return stdout;
}

test.each([
  "auth",
  "sessions",
  "jwt",
  "tables",
  "migrations",
  "kv",
  "organizations",
  "live-queries",
  "subscriptions",
  "react",
  "files",
  "testing",
  "procedures",
  "deployment",
  "inspecting",
])("docs/%s.md has code that compiles against the built package", { timeout: 60_000 }, async (name) => {
  const guide = await readFile(path.join(root, `docs/${name}.md`), "utf8");
  const blocks = Array.from(guide.matchAll(/^```tsx?\n(\/\/ ([\w-]+\.tsx?)\n[^]*?)^```$/gm));
  expect(blocks).toHaveLength(guide.match(/^```ts/gm)?.length ?? 0);

  await mkdir(path.join(root, "test-results"), { recursive: true });
  const folder = await mkdtemp(path.join(root, "test-results/guide-"));
  try {
    for (const [, code = "", file = ""] of blocks) await writeFile(path.join(folder, file), code);
    for (const { extension, compilerOptions } of programs) {
      if (!blocks.some(([, , file]) => file?.endsWith(`.${extension}`))) continue;
      const settings = JSON.stringify({ compilerOptions, include: [`*.${extension}`] });
      await writeFile(path.join(folder, "tsconfig.json"), settings);
      expect(await compile(folder)).toBe("");
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("docs/deployment.md has a configuration that Wrangler accepts", { timeout: 120_000 }, async () => {
  const guide = await readFile(path.join(root, "docs/deployment.md"), "utf8");
  const [[, config = ""] = [], ...others] = guide.matchAll(/^```jsonc\n\/\/ wrangler\.jsonc\n([^]*?)^```$/gm);
  expect(others).toEqual([]);
  expect(guide.match(/^```jsonc/gm)).toHaveLength(1);

  await mkdir(path.join(root, "test-results"), { recursive: true });
  const folder = await mkdtemp(path.join(root, "test-results/guide-"));
  try {
    const worker = `import { DurableObject } from "cloudflare:workers";
      export class BlogDO extends DurableObject {}
      export default { fetch: () => new Response() };`;
    await writeFile(path.join(folder, "worker.ts"), worker);
    await writeFile(path.join(folder, "wrangler.jsonc"), config);
    const wrangler = path.join(root, "node_modules/.bin/wrangler");
    const env = { ...process.env, WRANGLER_SEND_METRICS: "false" };
    const run = promisify(execFile)(wrangler, ["deploy", "--dry-run", "--outdir", "out"], { cwd: folder, env });
    const { stdout, stderr } = await run;
    expect(`${stdout}${stderr}`).toContain("--dry-run: exiting now.");
    expect(`${stdout}${stderr}`).not.toMatch(/warning/i);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("docs/security.md names tests that exist", async () => {
  const guide = await readFile(path.join(root, "docs/security.md"), "utf8");
  const named = Array.from(guide.matchAll(/\b[\w-]+(?:\/[\w-]+)+(?:\.\w+)*\.test\.tsx?\b/g), ([name]) => name);
  expect(named.length).toBeGreaterThan(50);
  expect(named.filter((name) => !existsSync(path.join(root, "test", name)))).toEqual([]);
});
