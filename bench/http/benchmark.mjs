// Measures queries over HTTP from a signed-in browser, including the gate, the token, the session's row and the tables.
import assert from "node:assert/strict";
import { startApp } from "../app/start-app.mjs";
import { createHttpConnection, requestBytes } from "../runner/http-connection.mjs";

const POSTS = 10;

/** @type {import("../runner/run-benchmark.mjs").Figures} */
const one = { p50: 1.3, cpu: 1.3 };
const batch = { p50: 1.6, cpu: 1.6 };

/** @param {import("../runner/run-benchmark.mjs").Stage} stage */
export async function prepare(stage) {
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

  const bare = await startSeeded(stage, {
    name: "bare RPC",
    worker: new URL("bare.ts", import.meta.url),
    objects: { BARE_DO: "BareDO" },
    posts,
  });
  const peer = await startSeeded(stage, {
    name: "fetch adapter in the object",
    worker: new URL("trpc-fetch.ts", import.meta.url),
    objects: { TRPC_DO: "TrpcDO" },
    posts,
  });

  const list = "/trpc/posts.list";
  const row = `/trpc/posts.byId?input=${encode({ json: { id: ids[0] } })}`;
  const rows = `/trpc/${ids.map(() => "posts.byId").join(",")}?batch=1&input=${encode({ ...ids.map((id) => ({ json: { id } })) })}`;

  const contender = (server, url, expected, { outputOf = trpcOutput, figures } = {}) => {
    const connection = createHttpConnection(server.port);
    stage.onStop(connection.close);
    // All contenders get the same headers, because a browser sends its cookies to each of them.
    const request = requestBytes("GET", url, app.headers);
    return asContender({ server, connection, request, expected, outputOf, figures });
  };
  const workOf = (title, { plain, url, expected, figures }) => ({
    title,
    measure: "p50",
    calls: stage.size(100, 5),
    warmup: 1500,
    contenders: [
      contender(bare, plain, expected, { outputOf: (json) => json }),
      contender(app.server, url, expected, { figures }),
      contender(peer, url, expected),
    ],
  });
  return [
    workOf("A query that answers one row", { plain: `/byId/${ids[0]}`, url: row, expected: posts[0], figures: one }),
    workOf("A query that answers ten rows", { plain: "/list", url: list, expected: posts, figures: one }),
    workOf("Ten queries in a batch, against one bare call that reads the ten rows", {
      plain: `/byIds/${ids.join()}`,
      url: rows,
      expected: posts,
      figures: batch,
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
      assert.equal(status, 200, String(body));
      assert.deepEqual(outputOf(JSON.parse(body)), expected);
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

function trpcOutput(reply) {
  return Array.isArray(reply) ? reply.map(trpcOutput) : reply.result.data.json;
}

function encode(value) {
  return encodeURIComponent(JSON.stringify(value));
}
