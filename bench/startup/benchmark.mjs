// Measures the size of Workers, and the CPU time of the process until it accepts requests, which includes the global scope.
import { gzipSync } from "node:zlib";
import { installPeers } from "../peers/install.mjs";
import { vars } from "../app/start-app.mjs";
import { bundle } from "../runner/bundle.mjs";
import { median } from "../runner/run-benchmark.mjs";

const HEAD = ["", "script, kB", "gzip, kB", "minified, gzip, kB", "start-up CPU, ms", "above the empty Worker, ms"];
const peersFolder = new URL("../peers/", import.meta.url);

const workers = [
  { name: "empty Worker", worker: new URL("empty.ts", import.meta.url), objects: {} },
  { name: "bare RPC", worker: new URL("../http/bare.ts", import.meta.url), objects: { BARE_DO: "BareDO" } },
  {
    name: "tRPC's fetch adapter, zod, superjson",
    worker: new URL("../http/trpc-fetch.ts", import.meta.url),
    objects: { TRPC_DO: "TrpcDO" },
  },
  { name: "oRPC, zod", worker: new URL("orpc-http.js", peersFolder), objects: { PEER_DO: "PeerDO" } },
  { name: "Cap'n Web, zod", worker: new URL("capnweb-http.js", peersFolder), objects: { PEER_DO: "PeerDO" } },
  { name: "Agents SDK, zod", worker: new URL("agents.js", peersFolder), objects: { PEER_DO: "PeerDO" } },
  { name: "trpc-userdo", worker: new URL("../app/worker.ts", import.meta.url), objects: { BLOG_DO: "BlogDO" }, vars },
];

/** @param {import("../runner/run-benchmark.mjs").Stage} stage */
export async function prepare(stage) {
  await installPeers();
  const starts = stage.size(15, 1);
  return [
    {
      title: "Size of the script, and start-up",
      head: HEAD,
      async rows() {
        const times = new Map(workers.map(({ name }) => [name, []]));
        // They take turns, so that other load on the machine affects all of them.
        for (let round = 0; round < starts; round++) {
          for (const options of workers) {
            const server = await stage.start(options);
            times.get(options.name).push(server.cpuTime() / 1e6);
            await server.stop();
          }
        }
        const [empty] = times.values();
        return Promise.all(
          workers.map(async ({ name, worker }) => {
            const own = times.get(name);
            const above = median(own.map((time, round) => time - empty[round]));
            return [name, ...(await sizesOf(worker)), median(own).toFixed(0), own === empty ? "" : above.toFixed(1)];
          }),
        );
      },
    },
  ];
}

async function sizesOf(worker) {
  const script = await bundle(worker);
  const minified = await bundle(worker, { minify: true });
  const sizes = [Buffer.byteLength(script), gzipped(script), gzipped(minified)];
  return sizes.map((bytes) => (bytes / 1000).toFixed(1));
}

function gzipped(text) {
  return gzipSync(text, { level: 9 }).length;
}
