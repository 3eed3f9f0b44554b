import { spawn, type ChildProcess } from "node:child_process";
import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const example = path.join(root, "examples/react-vite");

/** What a run leaves behind, or brings: a copy starts as a fresh clone does. */
const leftOut = new Set(["node_modules", "dist", ".wrangler", ".vite", ".dev.vars"]);

export interface RunningExample {
  /** The first address that it printed. */
  readonly url: string;
  /** The copy of its folder that it runs from. */
  readonly folder: string;
  /** All it has printed so far. */
  output(): string;
  stop(): Promise<void>;
}

/**
 * Runs `npm run dev` of the example in a copy of its folder, so that it has its own secrets and its own storage.
 * The copy is inside the repository: the packages are found from there.
 */
export async function startExample(): Promise<RunningExample> {
  // Vite would not watch files below a folder that is called test-results.
  await mkdir(path.join(root, ".examples"), { recursive: true });
  const folder = await mkdtemp(path.join(root, ".examples/run-"));
  await cp(example, folder, { recursive: true, filter: (source) => !leftOut.has(path.basename(source)) });

  // A group of its own, which the processes that Vite starts belong to as well.
  const child = spawn("npm", ["run", "dev", "--", "--port", String(await freePort()), "--strictPort"], {
    cwd: folder,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined },
  });
  let output = "";
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));

  async function stop(): Promise<void> {
    signalGroup(child, "SIGTERM");
    const patience = setTimeout(() => signalGroup(child, "SIGKILL"), 5_000);
    await exited;
    clearTimeout(patience);
    signalGroup(child, "SIGKILL");
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }

  const url = await new Promise<string>((resolve, reject) => {
    const patience = setTimeout(() => reject(new Error(`It prints no address:\n${output}`)), 120_000);
    const listen = (chunk: Buffer): void => {
      output += chunk.toString();
      const [address] = /https?:\/\/\S+/.exec(output) ?? [];
      if (address === undefined) return;
      clearTimeout(patience);
      resolve(address);
    };
    child.stdout.on("data", listen);
    child.stderr.on("data", listen);
    void exited.then(() => reject(new Error(`It ended:\n${output}`)));
  }).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return { url, folder, output: () => output, stop };
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // Nobody of the group is left.
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "localhost", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
