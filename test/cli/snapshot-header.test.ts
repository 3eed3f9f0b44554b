import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const example = path.join(root, "examples/react-vite");

const earlierHeader = `-- What each object of a kind of owner stores in the app's tables, and the migrations that led there.
-- Written by \`trpc-userdo schema --write\`. Commit it: its changes are the schema's.
`;

it("--check accepts a snapshot that an earlier version wrote of the same tables", { timeout: 60_000 }, async () => {
  const text = await readFile(path.join(example, "schema.sql"), "utf8");
  await mkdir(path.join(root, "test-results"), { recursive: true });
  const folder = await mkdtemp(path.join(root, "test-results/header-"));
  try {
    const snapshot = path.join(folder, "schema.sql");
    await writeFile(snapshot, text.replace(/^(--.*\n){2}/, earlierHeader));
    const args = [
      path.join(root, "bin/trpc-userdo.js"),
      "schema",
      "worker/router.ts",
      "--check",
      `--snapshot=${snapshot}`,
    ];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: example });
    expect(stdout).toContain("matches");
  } finally {
    await rm(folder, { recursive: true });
  }
});
