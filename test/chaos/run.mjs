// Runs seeded schedules and reports totals: npm run chaos -- --schedules 10000 [--seed 1] [--processes 2]
// Runs one schedule again: npm run chaos -- --seed 42
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = fileURLToPath(new URL("../..", import.meta.url));
const vitest = fileURLToPath(new URL("../../node_modules/vitest/vitest.mjs", import.meta.url));

/** A process stores all its objects in memory, so a new one replaces it after this many schedules. */
const CHUNK = 100;

const { values } = parseArgs({
  options: { schedules: { type: "string" }, seed: { type: "string" }, processes: { type: "string" } },
});
const first = Number(values.seed ?? 1);
const count = Number(values.schedules ?? (values.seed === undefined ? 300 : 1));
const processes = Number(values.processes ?? 1);

const figures = {};
const failures = [];
let next = first;

function runChunk(from, size) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [vitest, "run", "--config", "test/chaos/vitest.config.ts"], {
      cwd: root,
      env: { ...process.env, CHAOS: JSON.stringify({ from, count: size }), NO_COLOR: "1", FORCE_COLOR: undefined },
      stdio: ["ignore", "pipe", "pipe"],
    });
    // Ends a chunk whose runtime was killed from outside, because it would never answer.
    const timeout = setTimeout(() => child.kill("SIGKILL"), 60_000 + size * 10_000);
    let output = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (output += chunk));
    child.once("exit", (code) => {
      clearTimeout(timeout);
      resolve({ code, output });
    });
  });
}

async function work() {
  while (next < first + count) {
    const from = next;
    const size = Math.min(CHUNK, first + count - from);
    next += size;
    let { code, output } = await runChunk(from, size);
    // The runtime failed, not a schedule, so the same schedules run again once.
    if (code !== 0 && output.includes("Workers runtime crashed unexpectedly")) {
      console.log(`seeds ${from}-${from + size - 1}: the runtime was ended from outside; once more`);
      ({ code, output } = await runChunk(from, size));
    }
    const line = /^chaos (\{.*\})$/m.exec(output)?.[1];
    for (const [name, value] of Object.entries(line ? JSON.parse(line) : {}))
      figures[name] = (figures[name] ?? 0) + value;
    if (line) console.log(`seeds ${from}-${from + size - 1}: ${code === 0 ? "ok" : "FAILED"} ${line}`);
    if (code === 0) continue;
    // Omits the runtime's stack traces, and the diff that repeats the message.
    const lines = output.split("\n").filter((each) => !/^\s*[-+❯|⎯]|^stack: |^exception = |workerd@/.test(each));
    const start = lines.findIndex((each) => each.startsWith("chaos failed:"));
    const end = lines.findIndex((each, index) => index > start && /schedules\.ts/.test(each));
    const text = start < 0 ? lines.slice(-60).join("\n") : lines.slice(start, end < 0 ? undefined : end).join("\n");
    failures.push(text);
    console.log(text);
  }
}

await Promise.all(Array.from({ length: processes }, work));
console.log(`chaos: ${JSON.stringify(figures)}, ${failures.length === 0 ? "nothing broken" : "FAILED"}`);
process.exitCode = failures.length === 0 ? 0 : 1;
