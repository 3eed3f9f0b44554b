import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { readBlocks, writeBlocks, type PageBlock } from "../package/page-blocks.js";
import { freePort } from "./free-port.js";
import { startDevServer, type DevServer } from "./start-dev-server.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Variables that npm sets for scripts of this repository. An npm in another folder must not see them. */
const ofThisRepository = /^(npm_package_|npm_lifecycle_|npm_config_local_prefix|INIT_CWD)/;
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !ofThisRepository.test(name)));

/** The app of a page, created in an empty folder with the files and commands of the page. */
export interface PageApp {
  readonly folder: string;
  /** The headings that have code blocks below them, in order. */
  readonly headings: readonly string[];
  /** Writes the files below some headings. */
  write(...headings: string[]): Promise<void>;
  /** Runs the commands below a heading, as they are written. Resolves with what they printed. */
  run(heading: string, options?: RunOptions): Promise<string>;
  /** The block of text below a heading, which shows what a command prints. */
  outputBelow(heading: string): string;
  /** `npx vite`, on the port of the page's commands or, for the page alone, of its configuration. */
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

/**
 * Packs the package, and installs it beside the packages that a page names.
 *
 * @param page its path in this repository
 * @param install the heading above the commands that install the packages
 */
export async function createPageApp(page: string, install: string): Promise<PageApp> {
  const folder = await mkdtemp(path.join(tmpdir(), "trpc-userdo-app-"));
  const ports = { 5173: String(await freePort()), 5174: String(await freePort()) };
  const withPorts = (code: string): string => code.replaceAll("5173", ports[5173]).replaceAll("5174", ports[5174]);
  const blocks = (await readBlocks(page)).map((block) => ({ ...block, code: withPorts(block.code) }));
  const shell = (script: string): Promise<string> => runShell(folder, script);

  function blocksBelow(wanted: string, matches: (block: PageBlock) => boolean): readonly PageBlock[] {
    const found = blocks.filter((block) => block.heading === wanted && matches(block));
    if (found.length === 0) throw new Error(`${page} has no such block below "${wanted}".`);
    return found;
  }
  const commandsBelow = (heading: string): string[] =>
    blocksBelow(heading, ({ language }) => language === "sh").flatMap(({ code }) => code.trimEnd().split("\n"));

  const app: PageApp = {
    folder,
    headings: [...new Set(blocks.map(({ heading }) => heading))],
    async write(...headings) {
      for (const heading of headings) {
        await writeBlocks(
          folder,
          blocksBelow(heading, ({ name }) => name !== undefined),
        );
      }
    },
    run(heading, { line = "", args = "" } = {}) {
      const commands = commandsBelow(heading).filter((command) => command.includes(line));
      if (commands.length === 0) throw new Error(`${page} has no command with "${line}" below "${heading}".`);
      return shell(`${commands.join("\n")} ${args}`);
    },
    outputBelow: (heading) =>
      blocksBelow(heading, ({ language }) => language === "text")
        .map(({ code }) => code.trim())
        .join("\n"),
    start(config) {
      const args = config === undefined ? ["--port", ports[5173], "--strictPort"] : ["--config", config];
      return startDevServer(folder, ["npx", "vite", ...args]);
    },
    delete: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }),
  };
  try {
    const packed = await runShell(root, `npm pack --json --ignore-scripts --pack-destination ${folder}`);
    const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
    const ofTarball = commandsBelow(install)
      .join("\n")
      .replace(" trpc-userdo ", ` ./${filename} `)
      .replaceAll("npm install", "npm install --prefer-offline --no-audit --no-fund");
    if (!ofTarball.includes(filename)) throw new Error(`${page} does not install trpc-userdo.`);
    await shell(ofTarball);
    return app;
  } catch (error) {
    await app.delete();
    throw error;
  }
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
