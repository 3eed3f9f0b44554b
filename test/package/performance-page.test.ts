import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

it("docs/performance.md shows the results of bench/results.json", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "performance-page-"));
  const page = path.join(folder, "page.md");
  await promisify(execFile)(process.execPath, ["bench/run.mjs", "--render", "--page", page], { cwd: root });
  const rendered = await readFile(page, "utf8");
  await rm(folder, { recursive: true });
  expect(await readFile(path.join(root, "docs/performance.md"), "utf8")).toBe(rendered);
});
