// Runs the tools of node_modules/.bin for the scripts.
import { spawn } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

const bin = path.join(root, "node_modules", ".bin");

/**
 * Runs one of the installed tools and returns its exit code and all of its output. Never rejects: a tool that cannot be
 * started counts as one that failed.
 *
 * @param {string} tool
 * @param {string[]} args
 * @param {{ cwd?: string, env?: Record<string, string> }} [options]
 * @returns {Promise<{ code: number, stdout: string, output: string }>}
 */
export function run(tool, args, options = {}) {
  const env = { ...process.env, PATH: `${bin}${path.delimiter}${process.env.PATH ?? ""}`, ...options.env };
  return new Promise((resolve) => {
    const child = spawn(tool, args, { cwd: options.cwd ?? root, env, stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let output = "";
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
      output += chunk;
    });
    child.stderr.on("data", (chunk) => {
      output += chunk;
    });
    child.on("error", (error) => resolve({ code: 1, stdout, output: `${output}${tool}: ${error.message}\n` }));
    child.on("close", (code) => resolve({ code: code ?? 1, stdout, output }));
  });
}
