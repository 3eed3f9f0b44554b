import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, it } from "vitest";
import { app } from "../fixtures/served-app.js";

let folder: string;

/** Bundles the client in one file, as React Native's bundler does. */
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "trpc-userdo-native-"));
  await build({
    entryPoints: [path.resolve("src/client/index.ts")],
    outfile: path.join(folder, "client.mjs"),
    bundle: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
  });
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs a script in a process with the globals of React Native, and returns what it passes to `report`. */
async function run(script: string): Promise<unknown> {
  const source = `
    import { WebSocket as NodeWebSocket } from "ws";
    const NodeURL = URL;
    import { request } from "node:http";
    /** Node's own fetch needs \`Event\`. */
    const fetchOverHttp = (url, { method = "GET", headers, body }) => {
      if (url.startsWith("/")) return Promise.reject(new TypeError("Network request failed"));
      return new Promise((resolve, reject) => {
        const sent = request(url, { method, headers }, (response) => {
          let text = "";
          response.setEncoding("utf8").on("data", (chunk) => (text += chunk)).on("end", () => resolve({
            ok: response.statusCode < 300,
            status: response.statusCode,
            headers: { get: (name) => response.headers[name.toLowerCase()] ?? null },
            json: async () => JSON.parse(text),
          }));
        });
        sent.on("error", reject).end(body);
      });
    };
    for (const name of ["Event", "EventTarget", "CustomEvent", "MessageEvent", "BroadcastChannel", "document", "location"]) {
      Reflect.deleteProperty(globalThis, name);
    }
    Object.defineProperty(globalThis, "crypto", { value: { getRandomValues() { throw new Error("not implemented"); } } });
    Object.defineProperty(globalThis, "navigator", { value: { product: "ReactNative" } });
    globalThis.window = globalThis;
    globalThis.URL = class {
      constructor(url, base) { this.href = base === undefined ? url : new NodeURL(url, base).href; }
      get searchParams() { return { set() { throw new Error("URLSearchParams.set is not implemented"); } }; }
      set protocol(value) { throw new Error("Cannot assign to property 'protocol' which has only a getter"); }
    };
    const sockets = [];
    globalThis.WebSocket = class extends NodeWebSocket {
      constructor(url, protocols, options) {
        super(url, [], options ?? {});
        sockets.push(this);
      }
    };
    const { createClient, watchQuery } = await import(${JSON.stringify(pathToFileURL(path.join(folder, "client.mjs")).href)});
    let kept;
    const client = createClient({
      url: ${JSON.stringify(`${app.origin}/trpc`)},
      fetch: fetchOverHttp,
      tokens: { get: () => kept, set: (tokens) => void (kept = tokens) },
    });
    const email = process.pid + "-" + Date.now() + "@example.com";
    await client.auth.signup.mutate({ email, password: "correct horse battery" });
    const until = async (condition) => { while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10)); };
    const report = (value) => process.stdout.write(JSON.stringify(value), () => process.exit());
    ${script}
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", source]);
  return JSON.parse(stdout);
}

it("keeps a query current and reconnects after a lost connection, with the globals of React Native", async () => {
  const result = await run(`
    const lists = [];
    const statuses = [];
    watchQuery(client.posts.list, undefined, {
      onData: (list) => lists.push(list.length),
      onStatus: (status) => statuses.push(status),
      onError: (error) => report(String(error)),
    });
    await until(() => statuses.at(-1) === "live");
    await client.posts.create.mutate({ title: "One", body: "" });
    const shown = lists.at(-1);
    sockets.at(-1).terminate();
    await until(() => statuses.at(-1) === "connecting");
    await until(() => statuses.at(-1) === "live");
    await client.posts.create.mutate({ title: "Two", body: "" });
    report({ shown, after: lists.at(-1), statuses, sockets: sockets.length });
  `);
  expect(result).toEqual({ shown: 1, after: 2, statuses: ["connecting", "live", "connecting", "live"], sockets: 2 });
}, 30_000);

it("subscribes to an organization's object", async () => {
  const result = await run(`
    const { id: organizationId } = await client.organizations.create.mutate({ name: "Engine Club" });
    const events = [];
    client.projects.changes.subscribe({ organizationId }, {
      onStarted: () => events.push("started"),
      onData: ({ data }) => events.push(data.type),
    });
    await until(() => events.length === 1);
    await client.projects.create.mutate({ organizationId, name: "Nozzle" });
    await until(() => events.length === 2);
    report(events);
  `);
  expect(result).toEqual(["started", "create"]);
}, 30_000);

it("names the fix for a relative URL, over HTTP and for sockets", async () => {
  const result = await run(`
    const relative = createClient({ url: "/trpc", fetch: fetchOverHttp });
    const message = await relative.ping.query().catch((error) => error.message);
    const states = [];
    relative.posts.changes.subscribe(undefined, {
      onConnectionStateChange: ({ error }) => error && states.push(error.message),
    });
    await until(() => states.length > 0);
    report([message, states[0]]);
  `);
  const fix = expect.stringMatching(/is relative.*Pass an absolute/) as string;
  expect(result).toEqual([fix, fix]);
}, 30_000);
