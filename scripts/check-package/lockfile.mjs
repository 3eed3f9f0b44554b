// Two versions of workerd would need half a gigabyte more and add a second, different runtime. A registry's address in the
// lockfile would force that registry on everybody.
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
