// Installs the peers, which are dependencies of these benchmarks only.
import { readFile } from "node:fs/promises";
import path from "node:path";
import { root, run } from "../../scripts/run.mjs";

const folder = path.join(root, "bench/peers");

/** Installs the packages of the peers from their lockfile, unless they are installed. */
export async function installPeers() {
  if (await isInstalled()) return;
  const { code, output } = await run("npm", ["ci", "--no-audit", "--no-fund", "--prefix", folder]);
  if (code !== 0) throw new Error(`The peers in bench/peers could not be installed.\n${output}`);
}

/** The versions of the peers, as their package.json pins them. @returns {Promise<Record<string, string>>} */
export async function peerVersions() {
  return (await readJson(folder)).dependencies;
}

async function isInstalled() {
  for (const [name, version] of Object.entries(await peerVersions())) {
    const installed = await readJson(path.join(folder, "node_modules", name)).catch(() => undefined);
    if (installed?.version !== version) return false;
  }
  return true;
}

async function readJson(at) {
  return JSON.parse(await readFile(path.join(at, "package.json"), "utf8"));
}
