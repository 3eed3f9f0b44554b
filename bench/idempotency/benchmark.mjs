// Measures a mutation with an idempotency key beside the same mutation without one, over HTTP and over a socket.
import assert from "node:assert/strict";
import { samePage, startApp } from "../app/start-app.mjs";
import { createHttpConnection, requestBytes } from "../runner/http-connection.mjs";
import { frameBytes, openSocketConnection } from "../runner/socket-connection.mjs";

/** @type {import("../runner/run-benchmark.mjs").Figures} */
const figures = { p50: 1.1, cpu: 1.1 };

const input = { title: "A post", body: "About as long as the short notes that a user writes down." };
const kinds = [
  { name: "without a key", hasKey: false },
  { name: "with a key", hasKey: true },
];

/** @param {import("../runner/run-benchmark.mjs").Stage} stage */
export async function prepare(stage) {
  const workOf = (title, contenders) => ({
    title,
    measure: "p50",
    calls: stage.size(400, 5),
    // V8 still optimizes code after 10,000 calls.
    warmup: stage.size(12_000, 5),
    contenders,
  });
  // Both contenders of a work share a server and a connection, in turns: two processes differ by more than what is measured.
  const start = () => startApp(stage);
  return [
    workOf("A mutation over HTTP", overHttp(stage, await start())),
    workOf("A mutation over a socket", await overSocket(stage, await start())),
  ];
}

/** @returns {import("../runner/run-benchmark.mjs").Contender[]} */
function overHttp(stage, { server, headers }) {
  const connection = createHttpConnection(server.port);
  stage.onStop(connection.close);
  const all = { ...samePage, "Content-Type": "application/json", ...headers };
  const body = JSON.stringify({ json: input });
  const send = async (key) => {
    const keyed = key === undefined ? all : { ...all, "Idempotency-Key": key };
    return String((await connection.send(requestBytes("POST", "/trpc/posts.create", keyed, body))).body);
  };
  return kinds.map((kind) => asContender({ ...kind, server, open: connection.open, send }));
}

/** @returns {Promise<import("../runner/run-benchmark.mjs").Contender[]>} */
async function overSocket(stage, { server, headers }) {
  const connection = await openSocketConnection(server.port, "/trpc", headers);
  stage.onStop(connection.close);
  let id = 0;
  const send = (key) =>
    new Promise((resolve) => {
      connection.onFrame((payload) => resolve(String(payload)));
      const envelope = { json: input, ...(key !== undefined && { idempotencyKey: key }) };
      const params = { path: "posts.create", input: envelope };
      connection.send(frameBytes(JSON.stringify({ id: ++id, method: "mutation", params })));
    });
  return kinds.map((kind) => asContender({ ...kind, server, open: async () => {}, send }));
}

function asContender({ name, server, hasKey, open, send }) {
  const newKey = () => (hasKey ? crypto.randomUUID() : undefined);
  const create = async (key) => {
    const reply = await send(key);
    if (!reply.includes('"title":"A post"')) throw new Error(`${name}: the mutation was answered with ${reply}`);
    return reply;
  };
  const withoutId = (reply) => reply.slice(reply.indexOf('"json"'));
  return {
    name,
    server,
    ...(hasKey && { figures }),
    async check() {
      const key = newKey();
      const [first, second] = [await create(key), await create(key)];
      if (hasKey) assert.equal(withoutId(second), withoutId(first));
      else assert.notEqual(withoutId(second), withoutId(first));
    },
    async work(calls) {
      await open();
      const times = [];
      for (let call = 0; call < calls; call++) {
        const key = newKey();
        const started = performance.now();
        await create(key);
        times.push(performance.now() - started);
      }
      return times;
    },
  };
}
