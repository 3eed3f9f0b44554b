import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "./free-port.js";
import { startDevServer, type DevServer } from "./start-dev-server.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const example = path.join(root, "examples/react-vite");

/** Files that a run creates or reads: a copy starts like a fresh clone. */
const leftOut = new Set(["node_modules", "dist", ".wrangler", ".vite", ".dev.vars"]);

export interface RunningExample extends DevServer {
  /** The copy of the example's folder. */
  readonly folder: string;
}

/** Runs `npm run dev` of the example in a copy of its folder. */
export function startExample(): Promise<RunningExample> {
  return startCopy("run", (folder, port) =>
    startDevServer(folder, ["npm", "run", "dev", "--", "--port", port, "--strictPort"]),
  );
}

/**
 * Copies the example's folder, so that it has its own secrets and its own storage, and starts a server there. Deletes the copy
 * when the server stops. The copy is inside the repository, because it uses the repository's packages.
 */
export async function startCopy(
  name: string,
  start: (folder: string, port: string) => Promise<DevServer>,
): Promise<RunningExample> {
  // Vite would not watch files below a folder that is called test-results.
  await mkdir(path.join(root, ".examples"), { recursive: true });
  const folder = await mkdtemp(path.join(root, `.examples/${name}-`));
  const deleteFolder = () => rm(folder, { recursive: true, force: true, maxRetries: 5 });
  try {
    await cp(example, folder, { recursive: true, filter: (source) => !leftOut.has(path.basename(source)) });
    const server = await start(folder, String(await freePort()));
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
