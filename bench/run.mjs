// Runs the side-by-side benchmarks: npm run bench -- [names…] [--smoke] [--rounds=21]
import { parseArgs } from "node:util";
import { run } from "../scripts/run.mjs";
import { report } from "./runner/report.mjs";
import { runBenchmark } from "./runner/run-benchmark.mjs";

/** The benchmarks by name. The first part of a name selects all benchmarks that start with it. */
const benchmarks = {
  "accounts/times": () => import("./accounts/times.mjs"),
  "accounts/guesses": () => import("./accounts/guesses.mjs"),
  "accounts/storage": () => import("./accounts/storage.mjs"),
  "accounts/flood": () => import("./accounts/flood.mjs"),
  http: () => import("./http/benchmark.mjs"),
  tables: () => import("./tables/benchmark.mjs"),
  "socket/calls": () => import("./socket/calls.mjs"),
  "socket/wakes": () => import("./socket/wakes.mjs"),
  "socket/events": () => import("./socket/events.mjs"),
  memory: () => import("./memory/growth.mjs"),
  "live/writes": () => import("./live/writes.mjs"),
  "live/sockets": () => import("./live/sockets.mjs"),
  "live/wakes": () => import("./live/wakes.mjs"),
  "live/shares": () => import("./live/shares.mjs"),
  "live/turns": () => import("./live/turns.mjs"),
};

const { values: options, positionals: names } = parseArgs({
  allowPositionals: true,
  options: {
    smoke: { type: "boolean", default: false },
    rounds: { type: "string" },
    "no-build": { type: "boolean", default: false },
  },
});

const all = Object.keys(benchmarks);
const selects = (wanted, name) => name === wanted || name.startsWith(`${wanted}/`);
const unknown = names.filter((wanted) => !all.some((name) => selects(wanted, name)));
if (unknown.length > 0) throw new Error(`There is no benchmark ${unknown.join(", ")}. There are: ${all.join(", ")}.`);
const selected = names.length === 0 ? all : all.filter((name) => names.some((wanted) => selects(wanted, name)));

if (!options["no-build"]) {
  const { code, output } = await run("node", ["scripts/build.mjs"]);
  if (code !== 0) throw new Error(output);
}

// The servers stop with the runner, however it ends.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

const rounds = Number(options.rounds ?? (options.smoke ? 1 : 21));
for (const name of selected) {
  const started = performance.now();
  const { prepare } = await benchmarks[name]();
  console.log(`\n## ${name}\n`);
  for (const result of await runBenchmark(prepare, { rounds, smoke: options.smoke })) console.log(report(result));
  console.log(`(${Math.round((performance.now() - started) / 1000)} s, ${rounds} rounds)`);
}
