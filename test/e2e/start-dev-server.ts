import { spawn, type ChildProcess } from "node:child_process";

export interface DevServer {
  /** The first address that it printed. */
  readonly url: string;
  /** All output so far. */
  output(): string;
  stop(): Promise<void>;
}

/** The number of attempts when another server takes the debugger's port first. */
const MOST_STARTS = 5;

/**
 * Starts a development server, and waits until it prints its address.
 *
 * @throws Error with all of its output, if it ends or prints no address
 */
export async function startDevServer(folder: string, command: readonly string[]): Promise<DevServer> {
  for (let starts = 1; ; starts++) {
    try {
      return await start(folder, command);
    } catch (error) {
      // Test files run side by side: two servers may find the same free port, and one of them ends.
      if (starts === MOST_STARTS || !String(error).includes("EADDRINUSE")) throw error;
    }
  }
}

async function start(folder: string, command: readonly string[]): Promise<DevServer> {
  const [program = "", ...args] = command;
  // Starts a process group, which contains the processes that Vite starts.
  const child = spawn(program, args, {
    cwd: folder,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined },
  });
  let output = "";
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));

  async function stop(): Promise<void> {
    signalGroup(child, "SIGTERM");
    const timeout = setTimeout(() => signalGroup(child, "SIGKILL"), 5_000);
    await exited;
    clearTimeout(timeout);
    signalGroup(child, "SIGKILL");
  }

  const url = await new Promise<string>((resolve, reject) => {
    const timeout = setTimeout(() => reject(new Error(`It prints no address:\n${output}`)), 120_000);
    const listen = (chunk: Buffer): void => {
      output += chunk.toString();
      const [address] = /https?:\/\/\S+/.exec(output) ?? [];
      if (address === undefined) return;
      clearTimeout(timeout);
      resolve(address);
    };
    child.stdout.on("data", listen);
    child.stderr.on("data", listen);
    void exited.then(() => reject(new Error(`It ended:\n${output}`)));
  }).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return { url, output: () => output, stop };
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // All processes of the group have ended.
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
