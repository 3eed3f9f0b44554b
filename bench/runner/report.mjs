import { median } from "./run-benchmark.mjs";

/**
 * A markdown table of one work: each contender's ratio to the baseline, round by round, and the median of the ratios.
 * Microseconds are valid for this machine and moment only; ratios are valid elsewhere too.
 *
 * @param {import("./run-benchmark.mjs").Result} result
 */
export function report({ work, samples, rows: counted, smoke }) {
  if (counted) return table(work.title, [work.head, ...counted]);
  const { title, measure, contenders } = work;
  const [baseline] = contenders;
  const first = samples.get(baseline);
  const rows = contenders.map((contender) => {
    const own = samples.get(contender);
    if (!own) return [contender.name, "not yet", "", "", "", "", contender.unavailable];
    const ratio = (pick) => median(own.map((sample, round) => pick(sample) / pick(first[round])));
    const ratios = {
      [measure]: measure === "rate" ? 1 / ratio(({ time }) => time) : ratio(({ time }) => time),
      cpu: ratio(({ cpu }) => cpu),
    };
    return [
      contender.name,
      `${ratios[measure].toFixed(2)}×`,
      `${ratios.cpu.toFixed(2)}×`,
      spread(own.map((sample, round) => sample.cpu / first[round].cpu)),
      median(own.map(({ time }) => time)).toFixed(0),
      median(own.map(({ cpu }) => cpu)).toFixed(0),
      smoke ? "" : verdict(contender.figures ?? {}, ratios),
    ];
  });
  const timed = measure === "rate" ? "calls/s" : measure;
  return table(title, [["", timed, "CPU", "CPU, rounds", "µs", "CPU µs", "target"], ...rows]);
}

/** The target of a contender. It is reported and never enforced, because a busy machine must not fail a build. */
function verdict(figures, ratios) {
  const parts = Object.entries(figures).map(([name, figure]) => {
    const holds = name === "rate" ? ratios[name] >= figure : ratios[name] <= figure;
    return `${{ rate: "calls/s ≥", cpu: "CPU ≤" }[name] ?? `${name} ≤`} ${figure}: ${holds ? "met" : "**missed**"}`;
  });
  return parts.join(", ");
}

function spread(ratios) {
  return `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`;
}

function table(title, [head, ...rows]) {
  const widths = head.map((_, column) => Math.max(3, ...[head, ...rows].map((row) => row[column].length)));
  const line = (cells) =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join(" | ")} |`;
  const rule = `| ${widths.map((width, column) => (column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`)).join(" | ")} |`;
  return [`### ${title}`, "", line(head), rule, ...rows.map(line), ""].join("\n");
}
