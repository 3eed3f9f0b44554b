// Checks that other tools do.
import { root, run } from "../run.mjs";

/** @returns {Promise<string[]>} the output of the tool, if it failed */
export async function runTool(tool, args) {
  const { code, output } = await run(tool, args, { env: { NO_COLOR: "1", FORCE_COLOR: "0" } });
  return code === 0 ? [] : [output.trim() || `${tool} exited with ${code}`];
}

/** Entry points without Workers modules: an app imports them in Node, too (SSR, scripts, tests). */
const portable = ["./router", "./client", "./persist", "./react", "./jwt"];

/** @param {string[]} missing entry points that are not built */
export async function checkInNode(missing) {
  const { default: manifest } = await import(`${root}package.json`, { with: { type: "json" } });
  const entries = portable.filter((entry) => entry in manifest.exports && !missing.includes(entry));
  const loads = entries.map((entry) => `await import(${JSON.stringify(`${manifest.name}${entry.slice(1)}`)});`);
  const { code, output } = await run("node", ["--input-type=module", "--eval", loads.join("\n")]);
  return code === 0 ? [] : [output.trim()];
}
