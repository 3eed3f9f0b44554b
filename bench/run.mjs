// Runs the side-by-side benchmarks: npm run bench -- [names…] [--smoke] [--rounds=21] [--write]
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import { root, run } from "../scripts/run.mjs";
import { benchmarks } from "./benchmarks.mjs";
import { renderCost } from "./page/cost.mjs";
import { notes } from "./page/notes.mjs";
import { renderPage } from "./page/render.mjs";
import { describeCircumstances, readResults, updateResults } from "./page/results.mjs";
import { toMarkdown, toTable } from "./runner/report.mjs";
import { runBenchmark } from "./runner/run-benchmark.mjs";

const { values: options, positionals: names } = parseArgs({
  allowPositionals: true,
  options: {
    smoke: { type: "boolean", default: false },
    rounds: { type: "string" },
    write: { type: "boolean", default: false },
    render: { type: "boolean", default: false },
    page: { type: "string", default: path.join(root, "docs/performance.md") },
    "cost-page": { type: "string", default: path.join(root, "docs/cost.md") },
    "no-build": { type: "boolean", default: false },
  },
});
if (options.smoke && options.write) throw new Error("A smoke run measures nothing, so it cannot write the page.");

// The servers stop with the runner, however it ends.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

if (options.render) await render(await readResults());
else await measure();

async function measure() {
  const selected = select();
  if (!options["no-build"]) {
    const { code, output } = await run("node", ["scripts/build.mjs"]);
    if (code !== 0) throw new Error(output);
  }
  const measured = await describeCircumstances();
  const startedAt = performance.now();
  for (const name of selected) {
    const started = performance.now();
    const rounds = Number(options.rounds ?? (options.smoke ? 1 : (benchmarks[name].rounds ?? 21)));
    const { prepare } = await benchmarks[name].load();
    console.log(`\n## ${name}`);
    const results = await runBenchmark(prepare, { rounds, smoke: options.smoke });
    const tables = results.map(toTable);
    for (const table of tables) console.log(`\n### ${table.title}\n\n${toMarkdown(table)}`);
    const hasRounds = results.some(({ samples }) => samples);
    console.log(`\n(${secondsSince(started)} s${hasRounds ? `, ${rounds} rounds` : ""})`);
    if (options.write) await write(name, { measured, ...(hasRounds && { rounds }), tables });
  }
  console.log(`\n${selected.length} benchmarks ran correctly (${secondsSince(startedAt)} s).`);
}

function select() {
  const all = Object.keys(benchmarks);
  const selects = (wanted, name) => name === wanted || name.startsWith(`${wanted}/`);
  const unknown = names.filter((wanted) => !all.some((name) => selects(wanted, name)));
  if (unknown.length > 0) throw new Error(`There is no benchmark ${unknown.join(", ")}. There are: ${all.join(", ")}.`);
  return names.length === 0 ? all : all.filter((name) => names.some((wanted) => selects(wanted, name)));
}

async function render(results) {
  await writeFile(options.page, renderPage(results));
  const costPage = options["cost-page"];
  await writeFile(costPage, renderCost(await readFile(costPage, "utf8"), results));
}

/** Writes after each benchmark, so that an interrupted run loses only the benchmark that was running. */
async function write(name, section) {
  await render(await updateResults({ [name]: section }));
  const hasMissed = section.tables.some(({ targets }) => targets.some(({ isMet }) => !isMet));
  if (hasMissed && !notes[name]) console.warn(`${name} misses a target, and bench/page/notes.mjs does not say why.`);
}

function secondsSince(started) {
  return Math.round((performance.now() - started) / 1000);
}
