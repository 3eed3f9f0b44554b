// Other libraries with RPC over a socket to a Durable Object.
import { installPeers } from "../peers/install.mjs";
import { frameBytes, openSocketConnection } from "../runner/socket-connection.mjs";

const folder = new URL("../peers/", import.meta.url);

/**
 * @param {import("../runner/run-benchmark.mjs").Stage} stage
 * @returns {Promise<import("./contenders.mjs").Caller[]>}
 */
export async function startPeers(stage) {
  await installPeers();
  return [
    await startPeer(stage, { name: "oRPC", worker: "orpc.js", path: "/", speak: speakOrpc }),
    await startPeer(stage, { name: "Cap'n Web", worker: "capnweb.js", path: "/", speak: speakCapnweb }),
    await startPeer(stage, {
      name: "Agents SDK",
      worker: "agents.js",
      path: "/agents/peer-do/ada",
      speak: speakAgents,
    }),
  ];
}

async function startPeer(stage, { name, worker, path, speak }) {
  const server = await stage.start({ name, worker: new URL(worker, folder), objects: { PEER_DO: "PeerDO" } });
  return {
    name,
    server,
    speak,
    async open() {
      const connection = await openSocketConnection(server.port, path);
      stage.onStop(connection.close);
      return connection;
    },
  };
}

function speakOrpc(text) {
  let sent = 0;
  return {
    next: () => frameBytes(JSON.stringify({ i: String(++sent), p: { u: "/echo", b: { json: { text } } } })),
    isReply: (payload) => JSON.parse(String(payload)).p.b.json.text === text,
  };
}

/** A call, the request for its result, and the release of the result. */
function speakCapnweb(text) {
  let sent = 0;
  return {
    next() {
      const id = ++sent;
      const messages = [
        ["push", ["pipeline", 0, ["echo"], [{ text }]]],
        ["pull", id],
        ["release", id, 1],
      ];
      return Buffer.concat(messages.map((message) => frameBytes(JSON.stringify(message))));
    },
    isReply(payload) {
      const [type, , value] = JSON.parse(String(payload));
      return type === "resolve" && value.text === text;
    },
  };
}

function speakAgents(text) {
  let sent = 0;
  return {
    next: () => frameBytes(JSON.stringify({ type: "rpc", id: String(++sent), method: "echo", args: [{ text }] })),
    isReply(payload) {
      const { type, result } = JSON.parse(String(payload));
      // It sends a greeting to each new connection.
      return type === "rpc" ? result.text === text : undefined;
    },
  };
}
