// Runs the packed program like an app that has installed the package.
import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { root, run } from "../run.mjs";

const router = `
import { initUserDO, table } from "trpc-userdo/router";
import { z } from "zod";
const t = initUserDO({ tables: { user: { posts: table(z.object({ title: z.string() })) } } });
export const appRouter = t.router({ ...t.builtin });
`;

/** @param {string} tarball */
export async function checkBin(tarball) {
  // Inside the repository, so that the package's dependencies are found.
  const folder = path.join(root, "test-results", `packed-${process.pid}`);
  const installed = path.join(folder, "node_modules/trpc-userdo");
  try {
    await mkdir(installed, { recursive: true });
    const unpacked = await run("tar", ["-xzf", tarball, "--strip-components=1", "-C", installed]);
    if (unpacked.code !== 0) return [unpacked.output.trim()];
    await writeFile(path.join(folder, "package.json"), "{}");
    await writeFile(path.join(folder, "router.ts"), router);
    const bin = path.join(installed, "bin/trpc-userdo.js");
    for (const option of ["--write", "--check"]) {
      const { code, output } = await run("node", [bin, "schema", "router.ts", option], { cwd: folder });
      if (code !== 0) return [output.trim()];
    }
    return [];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
