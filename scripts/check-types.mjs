// Type-checks every program: the package's two, their tests, and those of the examples and the benchmarks.
// The examples import the package from dist/, like an app: build first.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { root, run } from "./run.mjs";

const noInputs = "error TS18003";

/** A tsconfig for editors that contains no files itself and refers to the others. */
const refersOnly = /"files":\s*\[\s*\]/;

function programsOf(folder) {
  if (!existsSync(path.join(root, folder))) return [];
  return readdirSync(path.join(root, folder))
    .filter((name) => /^tsconfig(\..+)?\.json$/.test(name) && name !== "tsconfig.base.json")
    .map((name) => path.join(folder, name))
    .filter((file) => !refersOnly.test(readFileSync(path.join(root, file), "utf8")));
}

const examples = existsSync(path.join(root, "examples")) ? readdirSync(path.join(root, "examples")) : [];
const programs = [".", "bench", ...examples.map((name) => path.join("examples", name))].flatMap(programsOf);

const failed = [];
// Runs one after the other, because the compiler uses every core by itself.
for (const program of programs) {
  const started = performance.now();
  const { code, output } = await run("tsc", ["-p", program, "--noEmit", "--pretty", "false"]);
  const verdict = code === 0 ? "ok" : output.includes(noInputs) ? "no files yet" : "FAILED";
  console.log(`${verdict.padEnd(12)} ${program} (${Math.round(performance.now() - started)} ms)`);
  if (verdict !== "FAILED") continue;
  console.log(output);
  failed.push(program);
}
if (failed.length > 0) {
  console.error(`types: ${failed.length} of ${programs.length} programs failed: ${failed.join(", ")}`);
  process.exitCode = 1;
}
