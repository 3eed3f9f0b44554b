// Measures the type check of a large router against plain tRPC, and the size of the browser client.
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { weighClients } from "../../scripts/check-package/bundles.mjs";
import { root, run } from "../../scripts/run.mjs";
import { programs } from "./programs.mjs";

/** The kernel's unit of a process's CPU times, in nanoseconds. */
const TICK = 10_000_000;

/** @param {import("../runner/run-benchmark.mjs").Stage} stage */
export async function prepare(stage) {
  // Inside the repository, so that the programs find its packages.
  await mkdir(path.join(root, ".bench"), { recursive: true });
  const folder = await mkdtemp(path.join(root, ".bench/types-"));
  stage.onStop(() => rm(folder, { recursive: true }));
  const procedures = stage.size(500, 20);
  const contenders = [];
  for (const { name, files, figures } of programs(procedures)) {
    contenders.push(await asContender(path.join(folder, name), { name, files, figures }));
  }
  return [
    { title: `Type check of ${procedures} procedures and their client`, measure: "time", calls: 1, contenders },
    { title: "Browser client", head: ["", "gzip, kB", "above plain tRPC, kB", "target"], rows: clientRows },
  ];
}

/** @returns {Promise<import("../runner/run-benchmark.mjs").Contender>} */
async function asContender(folder, { name, files, figures }) {
  for (const [file, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await writeFile(path.join(folder, file), text);
  }
  return {
    name,
    server: { cpuTime: childrenCpuTime },
    ...(figures && { figures }),
    async work(calls) {
      for (let call = 0; call < calls; call++) {
        const { code, output } = await run("tsc", ["-p", folder, "--noEmit", "--pretty", "false"]);
        if (code !== 0) throw new Error(`${name} does not compile:\n${output}`);
      }
    },
  };
}

/** The CPU time of the processes that this one started and that have ended. */
function childrenCpuTime() {
  // The name in the second field may contain spaces and parentheses.
  const fields = readFileSync("/proc/self/stat", "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  return (Number(fields[13]) + Number(fields[14])) * TICK;
}

async function clientRows() {
  const { plain, client, budget, whole, wholeBudget } = await weighClients();
  const kilobytes = (bytes) => `${(bytes / 1000).toFixed(2)}`;
  const rowOf = (name, size, most) => {
    const target = {
      name,
      limit: `≤ plain tRPC + ${(most - plain) / 1000} kB`,
      value: `+ ${kilobytes(size - plain)} kB`,
      isMet: size <= most,
    };
    const verdict = `${target.limit}: ${target.isMet ? "met" : "**missed**"}`;
    return { row: [name, kilobytes(size), kilobytes(size - plain), verdict], target };
  };
  const all = [rowOf("client", client, budget), rowOf("client with live queries", whole, wholeBudget)];
  return {
    rows: [["plain tRPC", kilobytes(plain), "", ""], ...all.map(({ row }) => row)],
    targets: all.map(({ target }) => target),
  };
}
