// Measures queries over HTTP from a signed-in browser, including the gate, the token, the session's row and the tables.
import assert from "node:assert/strict";
import { startApp } from "../app/start-app.mjs";
import { installPeers } from "../peers/install.mjs";
import { createHttpConnection } from "../runner/http-connection.mjs";
import { speakBare, speakCapnweb, speakOrpc, speakTrpc } from "./peers.mjs";

const POSTS = 10;

/** @type {import("../runner/run-benchmark.mjs").Figures} */
const one = { p50: 1.3, cpu: 1.3 };
const batch = { p50: 1.6, cpu: 1.6 };

const peersFolder = new URL("../peers/", import.meta.url);

/** The other contenders. Each runs in the Durable Object, on rows that hand-written SQL reads. */
const others = [
  {
    name: "tRPC's fetch adapter in the object",
    worker: new URL("trpc-fetch.ts", import.meta.url),
    objects: { TRPC_DO: "TrpcDO" },
    speak: speakTrpc,
  },
  {
    name: "oRPC",
    worker: new URL("orpc-http.js", peersFolder),
    objects: { PEER_DO: "PeerDO" },
    speak: speakOrpc,
  },
  {
    name: "Cap'n Web",
    worker: new URL("capnweb-http.js", peersFolder),
    objects: { PEER_DO: "PeerDO" },
    speak: speakCapnweb,
  },
];

/** @param {import("../runner/run-benchmark.mjs").Stage} stage */
export async function prepare(stage) {
  await installPeers();
  const app = await startApp(stage);
  for (let index = 0; index < POSTS; index++) {
    await app.mutate("posts.create", {
      title: `Post ${index}`,
      body: "About as long as the short notes that a user writes down.",
    });
  }
  const posts = await app.query("posts.list");
  assert.equal(posts.length, POSTS);
  const ids = posts.map(({ id }) => id);

  // All contenders get the same headers, because a browser sends its cookies to each of them.
  const start = async ({ name, worker, objects, speak }) => ({
    server: await startSeeded(stage, { name, worker, objects, posts }),
    dialect: speak(app.headers),
  });
  const bare = await start({
    name: "bare RPC",
    worker: new URL("bare.ts", import.meta.url),
    objects: { BARE_DO: "BareDO" },
    speak: speakBare,
  });
  const ours = { server: app.server, dialect: speakTrpc(app.headers) };
  const peers = [];
  for (const other of others) peers.push(await start(other));

  const contender = ({ server, dialect }, requestOf, { expected, isBatch, figures }) => {
    const connection = createHttpConnection(server.port);
    stage.onStop(connection.close);
    const outputOf = (body) => dialect.outputOf(String(body), isBatch);
    return asContender({ server, connection, request: requestOf(dialect), expected, outputOf, figures });
  };
  const workOf = (title, requestOf, { expected, figures, isBatch = false }) => ({
    title,
    measure: "p50",
    calls: stage.size(400, 5),
    // V8 still optimizes code of the larger contenders after 10,000 calls.
    warmup: 15_000,
    contenders: [
      contender(bare, requestOf, { expected, isBatch }),
      contender(ours, requestOf, { expected, isBatch, figures }),
      ...peers.map((peer) => contender(peer, requestOf, { expected, isBatch })),
    ],
  });
  return [
    workOf("A query that answers one row", ({ row }) => row(ids[0]), { expected: posts[0], figures: one }),
    workOf("A query that answers ten rows", ({ list }) => list(), { expected: posts, figures: one }),
    workOf("Ten queries in a batch, against one bare call that reads the ten rows", (dialect) => dialect.batch(ids), {
      expected: posts,
      figures: batch,
      isBatch: true,
    }),
  ];
}

async function startSeeded(stage, { posts, ...options }) {
  const server = await stage.start(options);
  const response = await fetch(`http://127.0.0.1:${server.port}/seed`, { method: "POST", body: JSON.stringify(posts) });
  assert.equal(response.status, 200);
  return server;
}

/** @returns {import("../runner/run-benchmark.mjs").Contender} */
function asContender({ server, connection, request, expected, outputOf, figures }) {
  let right;
  return {
    name: server.name,
    server,
    figures,
    async check() {
      const { status, body } = await connection.send(request);
      assert.ok(status === 200 || status === 207, `${server.name} answered ${status}: ${body}`);
      assert.deepEqual(outputOf(body), expected);
      right = body;
    },
    async work(calls) {
      await connection.open();
      const times = [];
      for (let call = 0; call < calls; call++) {
        const started = performance.now();
        const { body } = await connection.send(request);
        times.push(performance.now() - started);
        if (right && !right.equals(body)) throw new Error(`${server.name} answered otherwise than before: ${body}`);
      }
      return times;
    },
  };
}
