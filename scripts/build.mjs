// Builds dist/ with plain tsc: the program of the command line, then the server's and the client's, which emit the files
// that they share with it again.
// The new dist/ replaces the old one only when both have succeeded, so that nobody reads an incomplete build.
import { rename, rm } from "node:fs/promises";
import path from "node:path";
import { root, run } from "./run.mjs";

const dist = path.join(root, "dist");
// A folder beside dist/, at the same depth, because the source maps name src/ relative to the folder they were written in.
const fresh = path.join(root, `.dist-${process.pid}`);
const stale = `${fresh}-stale`;

/** A build that runs at the same time may have moved its own dist/ into place between the two renames. */
async function swap() {
  for (let attempt = 0; ; attempt++) {
    await rm(stale, { recursive: true, force: true });
    try {
      await rename(dist, stale).catch(ignoreMissing);
      return await rename(fresh, dist);
    } catch (error) {
      if (attempt === 5) throw error;
    }
  }
}

function ignoreMissing(error) {
  if (error.code !== "ENOENT") throw error;
}

let code = 0;
try {
  for (const program of ["cli", "server", "client"]) {
    const result = await run("tsc", ["-p", `tsconfig.${program}.json`, "--outDir", fresh, "--noEmitOnError"]);
    if (result.code === 0) continue;
    process.stderr.write(result.output);
    console.error(`build: the ${program} program does not compile; dist/ is left as it was`);
    code = 1;
    break;
  }
  if (code === 0) await swap();
} finally {
  await Promise.all([fresh, stale].map((folder) => rm(folder, { recursive: true, force: true })));
}
process.exitCode = code;
