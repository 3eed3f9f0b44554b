// Measures calls over one socket: one after the other, and 64 at a time.
import { frameBytes } from "../runner/socket-connection.mjs";
import { startBare, startOurs, startTrpcAdapter, startTrpcByHand } from "./contenders.mjs";
import { startPeers } from "./peers.mjs";

const TEXT = "About as long as the short notes that a user writes down, or a little shorter.";

/** @param {import("../runner/run-benchmark.mjs").Stage} stage */
export async function prepare(stage) {
  const bare = await startBare(stage);
  const ours = await startOurs(stage);
  const byHand = await startTrpcByHand(stage);
  const adapter = await startTrpcAdapter(stage);
  const peers = await startPeers(stage);

  const workOf = async ({ depth, calls, cpu }) => ({
    title: depth === 1 ? "Calls over one socket, one after the other" : `Calls over one socket, ${depth} at a time`,
    measure: "rate",
    calls,
    // V8 still optimizes code of the larger contenders after 20,000 calls.
    warmup: stage.size(40_000, 10),
    contenders: [
      await asContender(asCaller(bare), depth),
      { ...(await asContender(asCaller(ours), depth)), figures: { cpu, isBelowPeers: true } },
      await asContender(asCaller(byHand), depth),
      ...(await Promise.all([asCaller(adapter), ...peers].map((peer) => asPeer(peer, depth)))),
    ],
  });
  const asPeer = async (peer, depth) => ({ ...(await asContender(peer, depth)), isPeer: true });
  return [
    await workOf({ depth: 1, calls: stage.size(2000, 20), cpu: 1.5 }),
    await workOf({ depth: 64, calls: stage.size(2000, 128), cpu: 1.3 }),
  ];
}

/**
 * @param {import("./contenders.mjs").SocketContender} contender
 * @returns {import("./contenders.mjs").Caller}
 */
function asCaller({ name, server, open, call, reply }) {
  return {
    name,
    server,
    open,
    speak(text, depth) {
      const ids = Array.from({ length: depth }, (_, index) => index + 1);
      const frames = ids.map((id) => frameBytes(call(id, text)));
      const replies = ids.map((id) => Buffer.from(reply(id, text)));
      let sent = 0;
      let count = 0;
      return {
        next: () => frames[sent++ % depth],
        isReply: (payload) => replies[count++ % depth].equals(payload),
      };
    },
  };
}

/**
 * @param {import("./contenders.mjs").Caller} caller
 * @returns {Promise<import("../runner/run-benchmark.mjs").Contender>}
 */
async function asContender({ name, server, open, speak }, depth) {
  const connection = await open();
  const { next, isReply } = speak(TEXT, depth);

  /** Keeps `depth` calls in flight: sends the next one as soon as one gets its reply. */
  const work = (calls) =>
    new Promise((resolve, reject) => {
      let count = 0;
      let sent = Math.min(depth, calls);
      connection.onFrame((payload) => {
        const right = isReply(payload);
        if (right === undefined) return;
        if (!right) reject(new Error(`${name} answered with ${payload}`));
        count++;
        if (sent < calls) {
          sent++;
          connection.send(next());
        } else if (count === calls) resolve(undefined);
      });
      connection.send(Buffer.concat(Array.from({ length: sent }, next)));
    });

  // Uses a whole cycle of ids, so that the next work starts where this one did.
  return { name, server, check: () => work(depth), work };
}
