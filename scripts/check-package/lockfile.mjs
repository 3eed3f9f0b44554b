// Two versions of workerd are half a gigabyte more and two runtimes that differ; a registry's address in the
// lockfile ties everybody to that registry.
import { readFile } from "node:fs/promises";
import path from "node:path";
import { root } from "../run.mjs";

export async function checkLockfile() {
  const { packages } = JSON.parse(await readFile(path.join(root, "package-lock.json"), "utf8"));
  const problems = [];
  const versions = new Set();
  for (const [location, { version, resolved }] of Object.entries(packages)) {
    if (/(^|\/)node_modules\/workerd$/.test(location)) versions.add(version);
    if (resolved?.includes("://")) problems.push(`${location} is resolved from ${resolved}`);
  }
  if (versions.size !== 1)
    problems.push(`one version of workerd is wanted, found: ${[...versions].join(", ") || "none"}`);
  return problems;
}
