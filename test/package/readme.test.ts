import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { readBlocks, writeBlocks } from "./page-blocks.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const TWO_PORTS = "Page and API on two ports";

async function compile(project: string): Promise<string> {
  const tsc = path.join(root, "node_modules/.bin/tsc");
  const { stdout } = await promisify(execFile)(tsc, ["-p", project, "--pretty", "false"]).catch(
    (error: { stdout: string }) => error,
  );
  return stdout;
}

test("README has code that compiles against the built package", { timeout: 60_000 }, async () => {
  const blocks = await readBlocks("README.md");
  const [app, twoPorts] = [false, true].map((isOther) =>
    blocks.filter(({ name, heading }) => name !== undefined && (heading === TWO_PORTS) === isOther),
  );
  expect(app?.map(({ name }) => name)).toEqual([
    "worker/router.ts",
    "worker/index.ts",
    "wrangler.jsonc",
    "index.html",
    "src/trpc.ts",
    "src/main.tsx",
    "src/tasks.tsx",
    "src/sign-in.tsx",
    "src/mail-pages.tsx",
    "vite.config.ts",
    "tsconfig.json",
    "worker/tsconfig.json",
    "elsewhere.ts",
  ]);
  expect(blocks.filter(({ name, language }) => name === undefined && !/^(sh|mermaid)$/.test(language))).toEqual([]);

  await mkdir(path.join(root, "test-results"), { recursive: true });
  const folder = await mkdtemp(path.join(root, "test-results/readme-"));
  const elsewhere = path.join(folder, "tsconfig.elsewhere.json");
  try {
    await writeFile(elsewhere, JSON.stringify({ extends: "./worker/tsconfig.json", include: ["elsewhere.ts"] }));
    for (const files of [app, twoPorts]) {
      await writeBlocks(folder, files ?? []);
      for (const project of [folder, path.join(folder, "worker"), elsewhere]) expect(await compile(project)).toBe("");
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("README links to files that exist", async () => {
  const readme = await readFile(path.join(root, "README.md"), "utf8");
  const targets = Array.from(readme.matchAll(/\]\((?!https?:)([^)#]+)/g), ([, target = ""]) => target);
  expect(targets.filter((target) => !existsSync(path.join(root, target)))).toEqual([]);
});
