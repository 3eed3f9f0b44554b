import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { readBlocks, writeBlocks } from "./page-blocks.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The files of the app that the page takes for granted. */
const worker = `import { createUserDO } from "trpc-userdo/do";
import { createWorker } from "trpc-userdo/worker";
import { appRouter } from "./router.js";
export class TasksDO extends createUserDO(appRouter) {}
export default createWorker(appRouter, { binding: "TASKS_DO" });`;
const config = {
  name: "tasks",
  main: "./worker.ts",
  compatibility_date: "2026-10-01",
  compatibility_flags: ["nodejs_compat"],
  durable_objects: { bindings: [{ name: "TASKS_DO", class_name: "TasksDO" }] },
  exports: { TasksDO: { type: "durable-object", storage: "sqlite" } },
};

test("docs/testing.md has tests that pass with its configuration", { timeout: 200_000 }, async () => {
  await mkdir(path.join(root, "test-results"), { recursive: true });
  const folder = await mkdtemp(path.join(root, "test-results/testing-guide-"));
  try {
    await writeBlocks(folder, await readBlocks("docs/testing.md"));
    await rename(path.join(folder, "tasks-test.ts"), path.join(folder, "tasks.test.ts"));
    await writeFile(path.join(folder, "worker.ts"), worker);
    await writeFile(path.join(folder, "wrangler.jsonc"), JSON.stringify(config));
    // Other tests run meanwhile, so that a sign-up takes longer than on its own.
    const args = ["run", "--root", ".", "--testTimeout", "150000"];
    const vitest = path.join(root, "node_modules/.bin/vitest");
    const env = { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined };
    const { stdout } = await promisify(execFile)(vitest, args, { cwd: folder, env }).catch(
      (error: { stdout: string }) => error,
    );
    expect(stdout).toMatch(/Tests\s+2 passed \(2\)/);
  } finally {
    await rm(folder, { recursive: true });
  }
});
