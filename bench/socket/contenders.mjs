// The contenders over sockets.
import { startApp } from "../app/start-app.mjs";
import { openSocketConnection } from "../runner/socket-connection.mjs";
import { readStoredSchema } from "./stored-schema.mjs";

/**
 * A server, and how to call it.
 *
 * @typedef {object} SocketContender
 * @property {string} name
 * @property {import("../runner/workerd.mjs").Server} server
 * @property {() => Promise<import("../runner/socket-connection.mjs").SocketConnection>} open
 * @property {() => Promise<void>} sleep evicts the object
 * @property {(id: number, text: string) => string} call the message that requests an echo of a text
 * @property {(id: number, text: string) => string} reply the message that answers it
 */

/**
 * A client that calls over a socket, and recognizes the reply.
 *
 * @typedef {object} Caller
 * @property {string} name
 * @property {import("../runner/workerd.mjs").Server} server
 * @property {() => Promise<import("../runner/socket-connection.mjs").SocketConnection>} open
 * @property {(text: string, depth: number) => Dialogue} speak starts to request echoes of a text
 *
 * @typedef {object} Dialogue
 * @property {() => Buffer} next the frames of the next call
 * @property {(payload: Buffer) => boolean | undefined} isReply whether the reply is right; `undefined` if the payload is not a reply
 */

/** @param {import("../runner/run-benchmark.mjs").Stage} stage */
export const startBare = (stage) => startEcho(stage, "bare echo", new URL("bare.ts", import.meta.url));

/**
 * An echo with the tables of another server's user, which reads one row when it wakes.
 *
 * @param {import("../runner/run-benchmark.mjs").Stage} stage
 * @param {import("../runner/workerd.mjs").Server} server
 */
export async function startBareWithSchema(stage, { storage }) {
  const echo = await startEcho(stage, "echo with the same tables", new URL("bare-with-schema.ts", import.meta.url));
  const body = JSON.stringify(await readStoredSchema(storage));
  const response = await fetch(`http://127.0.0.1:${echo.server.port}/`, { method: "POST", body });
  if (!response.ok) throw new Error(`The tables could not be created: ${await response.text()}`);
  return echo;
}

async function startEcho(stage, name, worker) {
  const server = await stage.start({ name, worker, objects: { ECHO_DO: "EchoDO" } });
  const text = (id, content) => JSON.stringify({ id, result: { text: content } });
  return {
    name: server.name,
    server,
    open: () => open(stage, server, "/"),
    sleep: () => server.evict("ECHO_DO", "user:ada"),
    call: text,
    reply: text,
  };
}

/** @param {import("../runner/run-benchmark.mjs").Stage} stage */
export const startTrpcByHand = (stage) => startTrpc(stage, "tRPC by hand", new URL("trpc-by-hand.ts", import.meta.url));

/** @param {import("../runner/run-benchmark.mjs").Stage} stage */
export const startTrpcAdapter = (stage) =>
  startTrpc(stage, "tRPC's own handler", new URL("trpc-adapter.ts", import.meta.url));

async function startTrpc(stage, name, worker) {
  const server = await stage.start({
    name,
    worker,
    objects: { TRPC_DO: "TrpcDO" },
  });
  return {
    name: server.name,
    server,
    open: () => open(stage, server, "/"),
    sleep: () => server.evict("TRPC_DO", "user:ada"),
    call: trpcCall,
    reply: trpcReply,
  };
}

/** @param {import("../runner/run-benchmark.mjs").Stage} stage */
export async function startOurs(stage) {
  const app = await startApp(stage);
  return {
    name: app.server.name,
    server: app.server,
    open: () => open(stage, app.server, "/trpc", app.headers),
    sleep: app.sleep,
    call: trpcCall,
    reply: trpcReply,
  };
}

function trpcCall(id, text) {
  return JSON.stringify({ id, method: "query", params: { path: "echo", input: { json: { text } } } });
}

function trpcReply(id, text) {
  return JSON.stringify({ id, result: { type: "data", data: { json: { text } } } });
}

async function open(stage, server, path, headers) {
  const connection = await openSocketConnection(server.port, path, headers);
  stage.onStop(connection.close);
  return connection;
}
