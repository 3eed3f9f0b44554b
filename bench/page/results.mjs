// bench/results.json: the last results of each benchmark, from which the page is rendered.
import { readFile, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { root } from "../../scripts/run.mjs";
import { peerVersions } from "../peers/install.mjs";

const file = path.join(root, "bench/results.json");

/**
 * The circumstances of a measurement.
 *
 * @typedef {object} Circumstances
 * @property {string} date of the day, in UTC
 * @property {string} cpu the processor's model
 * @property {number} cores
 * @property {Record<string, string>} versions of the runtimes and the compared packages
 */

/**
 * @typedef {object} Section
 * @property {Circumstances} measured
 * @property {number} [rounds] unless the benchmark only counts
 * @property {import("../runner/report.mjs").Table[]} tables
 */

/** @typedef {Record<string, Section>} Results by the name of the benchmark */

/** @returns {Promise<Results>} */
export async function readResults() {
  return JSON.parse(await readFile(file, "utf8"));
}

/** Replaces the results of the benchmarks that ran, and keeps those of the others. @param {Results} measured */
export async function updateResults(measured) {
  const results = { ...(await readResults()), ...measured };
  await writeFile(file, `${JSON.stringify(results, null, 2)}\n`);
  return results;
}

/** @returns {Promise<Circumstances>} */
export async function describeCircumstances() {
  const installed = ["workerd", "@trpc/server", "drizzle-orm", "typescript"];
  const entries = await Promise.all(installed.map(async (name) => [name, await versionOf(name)]));
  const { zod: _zod, ...peers } = await peerVersions();
  const cpus = os.cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    cpu: cpus[0].model.trim(),
    cores: cpus.length,
    versions: { node: process.versions.node, ...Object.fromEntries(entries), ...peers },
  };
}

async function versionOf(name) {
  return JSON.parse(await readFile(path.join(root, "node_modules", name, "package.json"), "utf8")).version;
}
