// Checks what `npm pack` would publish, from the dist/ that `npm run build` has created. Needs no network.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { checkBin } from "./check-package/bin.mjs";
import { checkBundles } from "./check-package/bundles.mjs";
import { checkContents, findMissing } from "./check-package/contents.mjs";
import { checkLockfile } from "./check-package/lockfile.mjs";
import { checkInNode, runTool } from "./check-package/tools.mjs";
import { run } from "./run.mjs";

const folder = await mkdtemp(path.join(tmpdir(), "trpc-userdo-"));
const missing = await findMissing();
let failures = 0;

/** Each check returns the problems of the package, one per line; an empty list means that the package is right. */
async function step(name, check, needsAll = false) {
  if (needsAll && missing.length > 0) {
    console.log(`skipped      ${name}: needs every entry point, and ${missing.join(", ")} is not in dist/`);
    return;
  }
  const problems = await check();
  console.log(`${problems.length === 0 ? "ok    " : "FAILED"}       ${name}`);
  for (const problem of problems) console.log(`             ${problem.replaceAll("\n", "\n             ")}`);
  if (problems.length > 0) failures++;
}

try {
  const packed = await run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder]);
  if (packed.code !== 0) throw new Error(`npm pack failed:\n${packed.output}`);
  const [{ filename, files }] = JSON.parse(packed.stdout);
  const tarball = path.join(folder, filename);

  await step("contents", () => checkContents(files));
  await step("lockfile", checkLockfile);
  await step("browser bundles", () => checkBundles(missing));
  await step("loads in Node", () => checkInNode(missing));
  await step("bin", () => checkBin(tarball), true);
  await step("publint", () => runTool("publint", ["run", tarball, "--strict"]), true);
  const attw = [tarball, "--profile", "esm-only", "--no-definitely-typed", "--format", "ascii"];
  await step("attw", () => runTool("attw", attw), true);
  await step("knip", () => runTool("knip", ["--no-progress"]));
} finally {
  await rm(folder, { recursive: true, force: true });
}

if (failures > 0) {
  console.error(`package: ${failures} checks failed`);
  process.exitCode = 1;
}
