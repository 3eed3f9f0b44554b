import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Evicts or resets objects at once, where the platform would wait. */
const control = `
import unsafe from "workerd:unsafe";
export default {
  async fetch(request, env) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/abort") await unsafe.abortAllDurableObjects();
    else await unsafe.evict(env.APP_DO.getByName(searchParams.get("name")), { webSockets: "hibernate" });
    return new Response();
  },
};
`;

/** A folder whose storage one process after the other uses. */
export interface StorageFolder {
  readonly folder: string;
  start(version?: 1 | 2): Promise<Process>;
  remove(): Promise<void>;
}

/** A separate workerd process, without a proxy. */
export interface Process {
  readonly port: number;
  readonly pid: number;
  /** Kills it like a crash, whatever it is doing. */
  kill(): Promise<void>;
  /** Evicts a user's object; its sockets stay open. Returns false if it was not running. */
  evict(userId: string): Promise<boolean>;
  abort(): Promise<void>;
}

/** The app of the processes. */
export interface StorageFolderOptions {
  /**
   * The module of its Worker, relative to the root of the repository.
   *
   * @default "test/process/app/worker.ts"
   */
  readonly app?: string;
  /**
   * The folder of the framework's sources, which may be those of an earlier version.
   *
   * @default this version's
   */
  readonly sources?: string;
}

export async function createStorageFolder({
  app = "test/process/app/worker.ts",
  sources = root,
}: StorageFolderOptions = {}) {
  const folder = await mkdtemp(path.join(tmpdir(), "userdo-process-"));
  await mkdir(path.join(folder, "storage"));
  await writeFile(path.join(folder, "control.js"), control);
  for (const version of [1, 2] as const) {
    await writeFile(path.join(folder, `app-${version}.js`), await bundle(version, app, sources));
  }
  const storage: StorageFolder = {
    folder,
    start: (version = 1) => start(folder, version),
    remove: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }),
  };
  return storage;
}

async function bundle(version: 1 | 2, app: string, sources: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [path.join(root, app)],
    absWorkingDir: root,
    nodePaths: [path.join(root, "node_modules")],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2024",
    conditions: ["workerd", "worker", "browser"],
    mainFields: ["browser", "module", "main"],
    external: ["cloudflare:*", "node:*"],
    define: { SECOND_BUILD: String(version === 2) },
    alias: Object.fromEntries(
      ["router", "do", "worker"].map((name) => [`trpc-userdo/${name}`, path.join(sources, `src/${name}/index.ts`)]),
    ),
    logLevel: "warning",
  });
  return outputFiles[0]?.text ?? "";
}

async function start(folder: string, version: 1 | 2): Promise<Process> {
  const file = `config-${version}.capnp`;
  await writeFile(path.join(folder, file), configuration(folder, version));
  const binary = path.join(root, "node_modules/.bin/workerd");
  const child = spawn(binary, ["serve", "--experimental", "--control-fd=3", file], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  const exited = once(child, "exit");
  let log = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => void (log += String(chunk)));
  const abandon = (): void => void child.kill("SIGKILL");
  process.once("exit", abandon);

  const ports = new Map<string, number>();
  for await (const line of createInterface({ input: child.stdio[3] as Readable })) {
    const message = JSON.parse(line) as { event: string; socket: string; port: number };
    if (message.event === "listen") ports.set(message.socket, message.port);
    if (ports.size === 2) break;
  }
  const port = ports.get("http");
  if (port === undefined) throw new Error(`workerd did not start: ${log}`);
  const send = (command: string): Promise<Response> => fetch(`http://127.0.0.1:${ports.get("control")}/${command}`);

  return {
    port,
    pid: child.pid ?? 0,
    async kill() {
      process.off("exit", abandon);
      child.kill("SIGKILL");
      await exited;
    },
    evict: async (userId) => (await send(`evict?name=user:${userId}`)).ok,
    abort: async () => void (await send("abort")),
  };
}

function configuration(folder: string, version: 1 | 2): string {
  const objects = (service: string): string =>
    `(name = "APP_DO", durableObjectNamespace = (className = "AppDO"${service}))`;
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "control", worker = .control),
    (name = "storage", disk = (path = ${JSON.stringify(path.join(folder, "storage"))}, writable = true)),
  ],
  sockets = [
    (name = "http", address = "127.0.0.1:0", http = (), service = "main"),
    (name = "control", address = "127.0.0.1:0", http = (), service = "control"),
  ],
);
const main :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "app-${version}.js")],
  compatibilityDate = "2026-10-01",
  compatibilityFlags = ["nodejs_compat"],
  bindings = [
    (name = "JWT_SECRET", text = "d2Zq0vYk7sN4xJtB1mRuE9cLhWgPaXo6ViK3TfQyS8w"),
    (name = "INDEX_SECRET", text = "Hn5bUeC8rGzM0kDpWj2LxAq7sYtF4vR1oEiX9gKcQ3N"),
    ${objects("")},
  ],
  durableObjectNamespaces = [(className = "AppDO", uniqueKey = "AppDO", enableSql = true)],
  durableObjectStorage = (localDisk = "storage"),
);
const control :Workerd.Worker = (
  modules = [(name = "control.js", esModule = embed "control.js")],
  compatibilityDate = "2026-10-01",
  compatibilityFlags = ["unsafe_module"],
  bindings = [${objects(', serviceName = "main"')}],
);
`;
}
