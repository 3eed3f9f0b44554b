// Calls over one socket: one after the other, and 64 at a time.
import assert from "node:assert/strict";
import { frameBytes } from "../runner/socket-connection.mjs";
import { startBare, startOurs, startTrpcAdapter, startTrpcByHand } from "./contenders.mjs";

const TEXT = "As long as the line or two that somebody would note down, or a little shorter.";

/** @type {import("../runner/run-benchmark.mjs").Figures} */
const figures = { rate: 0.9, cpu: 1.5 };

/** @param {import("../runner/run-benchmark.mjs").Stage} stage */
export async function prepare(stage) {
  const bare = await startBare(stage);
  const ours = await startOurs(stage);
  const peers = [await startTrpcByHand(stage), await startTrpcAdapter(stage)];

  const workOf = async (depth, calls) => ({
    title: depth === 1 ? "Calls over one socket, one after the other" : `Calls over one socket, ${depth} at a time`,
    measure: "rate",
    calls,
    warmup: stage.size(5000, 10),
    contenders: [
      await asContender(bare, depth),
      await asContender(ours, depth, figures),
      ...(await Promise.all(peers.map((peer) => asContender(peer, depth)))),
    ],
  });
  return [await workOf(1, stage.size(500, 20)), await workOf(64, stage.size(2000, 128))];
}

/**
 * @param {import("./contenders.mjs").SocketContender} contender
 * @returns {Promise<import("../runner/run-benchmark.mjs").Contender>}
 */
async function asContender({ name, server, open, call, reply }, depth, figures) {
  const connection = await open();
  const ids = Array.from({ length: depth }, (_, index) => index + 1);
  const frames = ids.map((id) => frameBytes(call(id, TEXT)));
  const replies = ids.map((id) => Buffer.from(reply(id, TEXT)));

  return {
    name,
    server,
    figures,
    async check() {
      const answered = await new Promise((resolve) => {
        connection.onFrame((payload) => resolve(String(payload)));
        connection.send(frames[0]);
      });
      assert.equal(answered, reply(ids[0], TEXT));
    },
    /** Keeps `depth` calls on their way: sends the next one as soon as one is answered. */
    work: (calls) =>
      new Promise((resolve, reject) => {
        let answered = 0;
        let sent = Math.min(depth, calls);
        connection.onFrame((payload) => {
          if (!replies[answered % depth].equals(payload)) reject(new Error(`${name} answered with ${payload}`));
          answered++;
          if (sent < calls) connection.send(frames[sent++ % depth]);
          else if (answered === calls) resolve(undefined);
        });
        connection.send(Buffer.concat(frames.slice(0, sent)));
      }),
  };
}
