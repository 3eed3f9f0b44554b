import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const bin = path.join(fileURLToPath(new URL("../..", import.meta.url)), "bin/trpc-userdo.js");

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line of one operator, who has a folder for the files of sessions. */
export interface AdminShell {
  readonly folder: string;
  /** Runs the package's own program, as npx does. It has no terminal, and reads `input`. */
  run(args: readonly string[], input?: string): Promise<Ran>;
  /** Runs it and parses what it prints with `--json`. */
  json(...args: string[]): Promise<any>;
  delete(): Promise<void>;
}

export async function createAdminShell(url: () => string): Promise<AdminShell> {
  const folder = await mkdtemp(path.join(tmpdir(), "trpc-userdo-admin-"));

  async function run(args: readonly string[], input = ""): Promise<Ran> {
    const env = { ...process.env, XDG_CONFIG_HOME: folder, TRPC_USERDO_URL: url() };
    const child = spawn(process.execPath, [bin, "admin", ...args], { cwd: folder, env });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    child.stdin.on("error", () => {});
    child.stdin.end(input);
    return new Promise((resolve) => child.once("close", (code) => resolve({ code, stdout, stderr })));
  }

  return {
    folder,
    run,
    async json(...args) {
      const { code, stdout, stderr } = await run([...args, "--json"]);
      if (code !== 0) throw new Error(`${args.join(" ")} exited with ${code}: ${stderr}`);
      return JSON.parse(stdout) as unknown;
    },
    delete: () => rm(folder, { recursive: true, force: true }),
  };
}
