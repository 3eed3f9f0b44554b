import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { startDevServer } from "./start-dev-server.js";
import { startCopy, type RunningExample } from "./start-example.js";

const run = promisify(execFile);

/** Builds the example in a copy of its folder, and serves it: a page without the modules and the socket of development. */
export function startBuiltExample(): Promise<RunningExample> {
  return startCopy("built", async (folder, port) => {
    await run("node", ["dev-vars.mjs"], { cwd: folder });
    await run("npx", ["vite", "build"], { cwd: folder });
    return startDevServer(folder, ["npx", "vite", "preview", "--port", port, "--strictPort"]);
  });
}
