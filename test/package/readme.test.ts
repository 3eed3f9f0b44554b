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
  jsx: "react-jsx",
  strict: true,
  verbatimModuleSyntax: true,
  skipLibCheck: true,
  noEmit: true,
};
/** As in an app: what runs in the browser sees no Workers types, the rest no DOM. */
const programs = [
  { extension: "ts", compilerOptions: { ...shared, lib: ["esnext"], types: ["@cloudflare/workers-types"] } },
  { extension: "tsx", compilerOptions: { ...shared, lib: ["esnext", "dom"], types: [] } },
];

/** The blocks that begin with a file's name. */
function codeOf(readme: string): { name: string; code: string }[] {
  return Array.from(readme.matchAll(/^```tsx?\n(\/\/ ([\w-]+\.tsx?)\b[^]*?)^```$/gm), ([, code = "", name = ""]) => ({
    name,
    code,
  }));
}

async function compile(folder: string): Promise<string> {
  const tsc = path.join(root, "node_modules/.bin/tsc");
  const { stdout } = await promisify(execFile)(tsc, ["-p", folder, "--pretty", "false"]).catch(
    (error: { stdout: string }) => error,
  );
  return stdout;
}

test("README: its code compiles against the built package", { timeout: 60_000 }, async () => {
  const readme = await readFile(path.join(root, "README.md"), "utf8");
  const files = codeOf(readme);
  expect(files.map(({ name }) => name)).toEqual(["router.ts", "worker.ts", "tasks.tsx", "elsewhere.ts"]);
  expect(files).toHaveLength(readme.match(/^```ts/gm)?.length ?? 0);

  await mkdir(path.join(root, "test-results"), { recursive: true });
  const folder = await mkdtemp(path.join(root, "test-results/readme-"));
  try {
    for (const { name, code } of files) await writeFile(path.join(folder, name), code);
    for (const { extension, compilerOptions } of programs) {
      await writeFile(
        path.join(folder, "tsconfig.json"),
        JSON.stringify({ compilerOptions, include: [`*.${extension}`] }),
      );
      expect(await compile(folder)).toBe("");
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("README: what it links to is there", async () => {
  const readme = await readFile(path.join(root, "README.md"), "utf8");
  const targets = Array.from(readme.matchAll(/\]\((?!https?:)([^)#]+)/g), ([, target = ""]) => target);
  expect(targets.filter((target) => !existsSync(path.join(root, target)))).toEqual([]);
});
