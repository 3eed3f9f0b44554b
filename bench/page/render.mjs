// Renders docs/performance.md from the stored results.
import { benchmarks } from "../benchmarks.mjs";
import { toMarkdown } from "../runner/report.mjs";
import { notes } from "./notes.mjs";
import { wrap } from "./wrap.mjs";

/** @param {import("./results.mjs").Results} results */
export function renderPage(results) {
  const names = Object.keys(benchmarks).filter((name) => results[name]);
  return `${[
    `<!-- npm run bench -- --write generates this page from bench/results.json. -->`,
    "# Performance",
    wrap(
      "These tables compare the cost of work through trpc-userdo with the minimum that the platform needs for it, and " +
        "with other libraries. All contenders of a table take turns in one run. The ratios are to the first line of the " +
        "table. Microseconds are for orientation: they depend on the machine.",
    ),
    "## How to read the tables",
    wrap(
      "**p50** is the median of single calls, **calls/s** the rate of a whole round, **time** a whole round divided by " +
        "its calls. **CPU** is the CPU time of the server process per call, which other programs on the machine hardly " +
        "affect. Each ratio is the median of the rounds, and **CPU, rounds** is the range.",
    ),
    wrap(
      "trpc-userdo does in each call the work of production: it checks the request, the token and the session's row, " +
        "reads the tables and serializes with superjson. The baselines and the peers have no users and no sessions. " +
        "[bench/README.md](../bench/README.md) describes the method.",
    ),
    "## Repeat the measurements",
    "```sh\nnpm ci\nnpm run bench -- --write         # all benchmarks; writes this page\nnpm run bench -- http --write    # one of them; updates its section\n```",
    renderCircumstances(results, names),
    "## Targets",
    ...renderTargets(results, names),
    ...names.flatMap((name) => renderSection(name, results[name])),
  ].join("\n\n")}\n`;
}

function renderCircumstances(results, names) {
  const groups = new Map();
  for (const name of names) {
    const { date, cpu, cores, versions } = results[name].measured;
    const packages = Object.entries(versions).map(([each, version]) => `${each === "node" ? "Node" : each} ${version}`);
    const text = `on ${date}, with ${cores} cores of ${cpu} (${packages.join(", ")})`;
    groups.set(text, [...(groups.get(text) ?? []), benchmarks[name].title]);
  }
  if (groups.size === 1) return wrap(`Measured ${[...groups.keys()][0]}.`);
  return Array.from(groups, ([text, titles]) => wrap(`- Measured ${text}: ${titles.join("; ")}`, "  ")).join("\n");
}

function renderTargets(results, names) {
  const rows = names.flatMap((name) =>
    results[name].tables.flatMap(({ title, targets }) =>
      targets.map((target) => [title, target.name, target.limit, target.value, target.isMet ? "met" : "**missed**"]),
    ),
  );
  const missed = names.filter((name) =>
    results[name].tables.some(({ targets }) => targets.some(({ isMet }) => !isMet)),
  );
  const reasons = missed
    .filter((name) => notes[name])
    .map((name) => {
      const { text, decision } = notes[name];
      return wrap(`- ${benchmarks[name].title}: ${text} [Measurements](decisions/${decision}).`, "  ");
    });
  const table = toMarkdown({ head: ["work", "measure", "target", "measured", ""], rows });
  return reasons.length === 0 ? [table] : [table, "Why targets are missed:", reasons.join("\n")];
}

function renderSection(name, { tables, rounds }) {
  const { title, about } = benchmarks[name];
  return [
    `## ${title}`,
    wrap(`${about} (\`npm run bench -- ${name}\`${rounds === undefined ? "" : `, ${rounds} rounds`})`),
    ...tables.flatMap((table) => [`### ${table.title}`, toMarkdown(table)]),
  ];
}
