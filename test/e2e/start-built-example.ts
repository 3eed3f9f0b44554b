import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { execFile } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { freePort } from "./free-port.js";
import { leftOut, type RunningExample } from "./start-example.js";
import { startDevServer } from "./start-dev-server.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Builds the example in a copy of its folder, and serves it: a page without the modules and the socket of development. */
export async function startBuiltExample(): Promise<RunningExample> {
  await mkdir(path.join(root, ".examples"), { recursive: true });
  const folder = await mkdtemp(path.join(root, ".examples/built-"));
  const deleteFolder = () => rm(folder, { recursive: true, force: true, maxRetries: 5 });
  try {
    const example = path.join(root, "examples/react-vite");
    await cp(example, folder, { recursive: true, filter: (source) => !leftOut.has(path.basename(source)) });
    const run = promisify(execFile);
    await run("node", ["dev-vars.mjs"], { cwd: folder });
    await run("npx", ["vite", "build"], { cwd: folder });
    const port = String(await freePort());
    const server = await startDevServer(folder, ["npx", "vite", "preview", "--port", port, "--strictPort"]);
    return {
      ...server,
      folder,
      async stop() {
        await server.stop();
        await deleteFolder();
      },
    };
  } catch (error) {
    await deleteFolder();
    throw error;
  }
}
