import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { readReadmeBlocks, writeBlocks, type ReadmeBlock } from "../package/readme-blocks.js";
import { freePort } from "./free-port.js";
import { startDevServer, type DevServer } from "./start-dev-server.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const TWO_PORTS = "Page and API on two ports";

/** Variables that npm sets for scripts of this repository. An npm in another folder must not see them. */
const ofThisRepository = /^(npm_package_|npm_lifecycle_|npm_config_local_prefix|INIT_CWD)/;
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !ofThisRepository.test(name)));

/** The app of README.md, made in an empty folder by its own files and commands. */
export interface ReadmeApp {
  readonly folder: string;
  /** Runs the commands below a heading, as they are written. Resolves with what they printed. */
  run(heading: string, options?: RunOptions): Promise<string>;
  /** Puts the files in place that serve the page on a port of its own. */
  useTwoPorts(): Promise<void>;
  /** `npx vite`, on the port of the README's commands or, for the page alone, of its configuration. */
  start(config?: string): Promise<DevServer>;
  delete(): Promise<void>;
}

export interface RunOptions {
  /**
   * Runs only the line with this text.
   * @default all lines
   */
  readonly line?: string;
  /**
   * Arguments to add to that line.
   * @default none
   */
  readonly args?: string;
}

/** Packs the package, and installs it beside the packages that README.md names. */
export async function createReadmeApp(): Promise<ReadmeApp> {
  const folder = await mkdtemp(path.join(tmpdir(), "trpc-userdo-readme-"));
  const ports = { 5173: String(await freePort()), 5174: String(await freePort()) };
  const withPorts = (code: string): string => code.replaceAll("5173", ports[5173]).replaceAll("5174", ports[5174]);
  const blocks = (await readReadmeBlocks()).map((block) => ({ ...block, code: withPorts(block.code) }));
  const shell = (script: string): Promise<string> => runShell(folder, script);

  const app: ReadmeApp = {
    folder,
    run(heading, { line = "", args = "" } = {}) {
      const commands = commandsBelow(blocks, heading).filter((command) => command.includes(line));
      if (commands.length === 0) throw new Error(`The README has no command with "${line}" below "${heading}".`);
      return shell(`${commands.join("\n")} ${args}`);
    },
    useTwoPorts: () =>
      writeBlocks(
        folder,
        blocks.filter(({ heading }) => heading === TWO_PORTS),
      ),
    start(config) {
      const args = config === undefined ? ["--port", ports[5173], "--strictPort"] : ["--config", config];
      return startDevServer(folder, ["npx", "vite", ...args]);
    },
    delete: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }),
  };
  try {
    const packed = await runShell(root, `npm pack --json --ignore-scripts --pack-destination ${folder}`);
    const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
    const install = commandsBelow(blocks, "Install").join("\n");
    const ofTarball = install
      .replace(" trpc-userdo ", ` ./${filename} `)
      .replaceAll("npm install", "npm install --prefer-offline --no-audit --no-fund");
    if (!ofTarball.includes(filename)) throw new Error("The README does not install trpc-userdo.");
    await shell(ofTarball);
    await writeBlocks(
      folder,
      blocks.filter(({ heading }) => heading !== TWO_PORTS),
    );
    await app.run("Secrets");
    return app;
  } catch (error) {
    await app.delete();
    throw error;
  }
}

function commandsBelow(blocks: readonly ReadmeBlock[], wanted: string): string[] {
  const found = blocks.filter(({ heading, language }) => heading === wanted && language === "sh");
  if (found.length === 0) throw new Error(`The README has no commands below "${wanted}".`);
  return found.flatMap(({ code }) => code.trimEnd().split("\n"));
}

/** @throws Error with all that the script printed, if a command fails */
async function runShell(cwd: string, script: string): Promise<string> {
  const options = { cwd, env: { ...env, CI: "true", NO_COLOR: "1" }, maxBuffer: 2 ** 26, timeout: 300_000 };
  const { stdout } = await promisify(execFile)("bash", ["-euo", "pipefail", "-c", script], options).catch(
    ({ stdout: out, stderr }: { stdout: string; stderr: string }) => {
      throw new Error(`${script}\n${out}\n${stderr}`);
    },
  );
  return stdout;
}
