// Turns the result of one work into a table of texts and its verdicts.
import { median } from "./run-benchmark.mjs";

/**
 * @typedef {object} Target
 * @property {string} name the measure, such as "CPU" or "calls/s"
 * @property {string} limit with its sign, such as "≤ 1.3×"
 * @property {string} value the measured one
 * @property {boolean} isMet
 */

/**
 * @typedef {object} Table
 * @property {string} title
 * @property {string[]} head
 * @property {string[][]} rows
 * @property {Target[]} targets
 */

/**
 * Each contender's ratio to the baseline, round by round, and the median of the ratios. Microseconds are valid for this
 * machine and moment only; ratios are valid elsewhere too.
 *
 * @param {import("./run-benchmark.mjs").Result} result
 * @returns {Table}
 */
export function toTable({ work, samples, rows: counted, targets = [], smoke }) {
  if (counted) return { title: work.title, head: work.head, rows: counted, targets };
  const { title, measure, contenders } = work;
  const [baseline] = contenders;
  const first = samples.get(baseline);
  const timed = measure === "rate" ? "calls/s" : measure;
  const ratiosOf = (own) => {
    const ratio = (pick) => median(own.map((sample, round) => pick(sample) / pick(first[round])));
    const time = ratio((sample) => sample.time);
    return { [measure]: measure === "rate" ? 1 / time : time, cpu: ratio(({ cpu }) => cpu) };
  };
  const peers = contenders.filter((contender) => contender.isPeer && samples.has(contender));
  const leastPeerCpu = Math.min(...peers.map((peer) => ratiosOf(samples.get(peer)).cpu));
  const isOnly = contenders.filter(({ figures }) => figures).length === 1;
  const all = [];
  const rows = contenders.map((contender) => {
    const own = samples.get(contender);
    if (!own) return [contender.name, "not yet", "", "", "", "", contender.unavailable];
    const ratios = ratiosOf(own);
    const verdicts = smoke ? [] : verdictsOf(contender.figures ?? {}, ratios, leastPeerCpu);
    // The list of all targets names the contender where a work has several with targets.
    all.push(
      ...verdicts.map((verdict) => (isOnly ? verdict : { ...verdict, name: `${contender.name}, ${verdict.name}` })),
    );
    return [
      contender.name,
      `${ratios[measure].toFixed(2)}×`,
      `${ratios.cpu.toFixed(2)}×`,
      spread(own.map((sample, round) => sample.cpu / first[round].cpu)),
      median(own.map(({ time }) => time)).toFixed(0),
      median(own.map(({ cpu }) => cpu)).toFixed(0),
      verdicts.map(({ name, limit, isMet }) => `${name} ${limit}: ${isMet ? "met" : "**missed**"}`).join(", "),
    ];
  });
  return { title, head: ["", timed, "CPU", "CPU, rounds", "µs", "CPU µs", "target"], rows, targets: all };
}

const names = { rate: "calls/s", cpu: "CPU" };

/** The targets of a contender. They are reported and never enforced, because a busy machine must not fail a build. */
function verdictsOf({ isBelowPeers, ...figures }, ratios, leastPeerCpu) {
  const verdicts = Object.entries(figures).map(([name, figure]) => ({
    name: names[name] ?? name,
    limit: `${name === "rate" ? "≥" : "≤"} ${figure}×`,
    value: `${ratios[name].toFixed(2)}×`,
    isMet: name === "rate" ? ratios[name] >= figure : ratios[name] <= figure,
  }));
  if (isBelowPeers) {
    verdicts.push({
      name: "CPU",
      limit: `below each peer (${leastPeerCpu.toFixed(2)}×)`,
      value: `${ratios.cpu.toFixed(2)}×`,
      isMet: ratios.cpu < leastPeerCpu,
    });
  }
  return verdicts;
}

function spread(ratios) {
  return `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`;
}

/** A table in Markdown, with aligned columns. @param {Pick<Table, "head" | "rows">} table */
export function toMarkdown({ head, rows }) {
  const widths = head.map((_, column) => Math.max(3, ...[head, ...rows].map((row) => row[column].length)));
  const line = (cells) =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join(" | ")} |`;
  const rule = `| ${widths.map((width, column) => (column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`)).join(" | ")} |`;
  return [line(head), rule, ...rows.map(line)].join("\n");
}
