// Starts a bundle in its own workerd process, without a proxy, an inspector or a watcher.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { root } from "../../scripts/run.mjs";
import { bundle } from "./bundle.mjs";
import { cpuTime } from "./cpu-time.mjs";

const COMPATIBILITY_DATE = "2026-10-01";
const LOG_LENGTH = 4000;

/** Evicts a Durable Object at once, where the platform would wait for ten idle seconds. */
const control = `
import unsafe from "workerd:unsafe";
export default {
  async fetch(request, env) {
    const { searchParams } = new URL(request.url);
    const stub = env[searchParams.get("binding")].getByName(searchParams.get("name"));
    try {
      await unsafe.evict(stub, { webSockets: "hibernate" });
    } catch (error) {
      // The platform evicted it first.
      if (!error.message.includes("not currently running")) return new Response(error.message, { status: 500 });
    }
    return new Response();
  },
};
`;

/**
 * A running Worker.
 *
 * @typedef {object} Server
 * @property {string} name
 * @property {number} port
 * @property {number} pid
 * @property {() => number} cpuTime nanoseconds so far
 * @property {(binding: string, name: string) => Promise<void>} evict evicts a Durable Object, as after a long idle time; its sockets
 *   stay open
 * @property {string} storage the folder in which the objects store their files
 * @property {() => string} log the last lines of its output
 * @property {Promise<void>} died rejects when the process ends before `stop`
 * @property {() => Promise<void>} stop
 */

/**
 * @param {object} options
 * @param {string} options.name
 * @param {URL} options.worker
 * @param {Record<string, string>} options.objects the bindings, each with its Durable Object class
 * @param {Record<string, string>} [options.vars]
 * @param {boolean} [options.hasCheapPasswords] for thousands of sign-ins that are counted and not timed
 * @param {number} [options.heapMiB] V8's heap limit, in MiB. By default there is none
 * @param {boolean} [options.hasGc] whether the Worker can collect garbage, with the global function `gc`
 * @param {string} [options.storage] a folder of another server's objects, for a restart. By default a new one
 * @returns {Promise<Server>}
 */
export async function startWorkerd({ name, worker, objects, vars = {}, hasCheapPasswords, heapMiB, hasGc, storage }) {
  const folder = await mkdtemp(path.join(os.tmpdir(), "userdo-bench-"));
  await writeFile(path.join(folder, "worker.js"), await bundle(worker, { hasCheapPasswords }));
  await writeFile(path.join(folder, "control.js"), control);
  const v8Flags = [...(heapMiB ? [`--max-heap-size=${heapMiB}`] : []), ...(hasGc ? ["--expose-gc"] : [])];
  await writeFile(
    path.join(folder, "config.capnp"),
    configuration({ objects, vars, storage: storage ?? folder, v8Flags }),
  );

  const binary = path.join(root, "node_modules", ".bin", "workerd");
  const child = spawn(binary, ["serve", "--experimental", "--control-fd=3", "config.capnp"], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  let log = "";
  const appendLog = (chunk) => void (log = `${log}${chunk}`.slice(-LOG_LENGTH));
  child.stdout.on("data", appendLog);
  child.stderr.on("data", appendLog);
  let stopping = false;
  const exited = once(child, "exit");
  const died = exited.then(([code, signal]) => {
    if (!stopping) throw new Error(`${name}: workerd ended by itself (${signal ?? code}). ${log}`);
  });
  // A caller that awaits the promise gets the error; other callers may ignore it.
  died.catch(() => {});
  const abandon = () => void child.kill("SIGKILL");
  process.once("exit", abandon);
  const stop = async () => {
    stopping = true;
    process.off("exit", abandon);
    child.kill("SIGKILL");
    await exited;
    await rm(folder, { recursive: true, force: true });
  };

  const ports = new Map();
  try {
    for await (const line of createInterface({ input: child.stdio[3] })) {
      const message = JSON.parse(line);
      if (message.event === "listen") ports.set(message.socket, message.port);
      if (ports.size === 2) break;
    }
    if (ports.size < 2) throw new Error(`${name}: workerd did not start. ${log}`);
  } catch (error) {
    await stop();
    throw error;
  }

  return {
    name,
    port: ports.get("http"),
    pid: child.pid,
    cpuTime: () => cpuTime(child.pid),
    evict: async (binding, object) => {
      const response = await fetch(
        `http://127.0.0.1:${ports.get("control")}/?${new URLSearchParams({ binding, name: object })}`,
      );
      if (!response.ok) throw new Error(`${name}: ${object} cannot be put to sleep: ${await response.text()}`);
    },
    storage: storage ?? folder,
    log: () => log,
    died,
    stop,
  };
}

function configuration({ objects, vars, storage, v8Flags }) {
  const text = Object.entries(vars).map(([name, value]) => `(name = "${name}", text = ${JSON.stringify(value)})`);
  const objectsOf = (service) =>
    Object.entries(objects).map(
      ([name, type]) => `(name = "${name}", durableObjectNamespace = (className = "${type}"${service}))`,
    );
  const namespaces = Object.values(objects).map(
    (type) => `(className = "${type}", uniqueKey = "${type}", enableSql = true)`,
  );
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  v8Flags = [${v8Flags.map((flag) => JSON.stringify(flag)).join(", ")}],
  services = [
    (name = "main", worker = .main),
    (name = "control", worker = .control),
    (name = "storage", disk = (path = ${JSON.stringify(storage)}, writable = true)),
  ],
  sockets = [
    (name = "http", address = "127.0.0.1:0", http = (), service = "main"),
    (name = "control", address = "127.0.0.1:0", http = (), service = "control"),
  ],
);
const main :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = "${COMPATIBILITY_DATE}",
  bindings = [${[...text, ...objectsOf("")].join(", ")}],
  durableObjectNamespaces = [${namespaces.join(", ")}],
  durableObjectStorage = (localDisk = "storage"),
);
const control :Workerd.Worker = (
  modules = [(name = "control.js", esModule = embed "control.js")],
  compatibilityDate = "${COMPATIBILITY_DATE}",
  compatibilityFlags = ["unsafe_module"],
  bindings = [${objectsOf(', serviceName = "main"').join(", ")}],
);
`;
}
