import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

it("docs/performance.md and docs/cost.md show the results of bench/results.json", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "performance-page-"));
  const [page, costPage] = [path.join(folder, "page.md"), path.join(folder, "cost.md")];
  await cp(path.join(root, "docs/cost.md"), costPage);
  const args = ["bench/run.mjs", "--render", "--page", page, "--cost-page", costPage];
  await promisify(execFile)(process.execPath, args, { cwd: root });
  const [rendered, costs] = await Promise.all([readFile(page, "utf8"), readFile(costPage, "utf8")]);
  await rm(folder, { recursive: true });
  expect(await readFile(path.join(root, "docs/performance.md"), "utf8")).toBe(rendered);
  expect(await readFile(path.join(root, "docs/cost.md"), "utf8")).toBe(costs);
});
