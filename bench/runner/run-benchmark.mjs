// Runs a benchmark's works. The contenders take turns, so that other load on the machine affects all of them alike.
import { startWorkerd } from "./workerd.mjs";

/**
 * Work that several servers do. The first contender is the baseline.
 *
 * @typedef {object} Work
 * @property {string} title
 * @property {"p50" | "time" | "rate"} measure the median of single calls, the total time divided by
 *   them, or calls per second
 * @property {number} calls of each contender, in a round
 * @property {number} [warmup] calls before the first round
 * @property {Contender[]} contenders
 */

/**
 * Figures that are counted rather than timed. It runs once, whatever the number of rounds.
 *
 * @typedef {object} Count
 * @property {string} title
 * @property {string[]} head
 * @property {() => Promise<string[][] | Counted>} rows
 *
 * @typedef {object} Counted
 * @property {string[][]} rows
 * @property {import("./report.mjs").Target[]} targets
 */

/**
 * @typedef {object} Contender
 * @property {string} name
 * @property {import("./workerd.mjs").Server} server
 * @property {Figures} [figures] its targets, relative to the baseline
 * @property {boolean} [isPeer] another library, with which the target `isBelowPeers` compares
 * @property {() => Promise<void>} [check] fails unless the response is right. Not measured
 * @property {() => unknown} [reset] runs before each round. Not measured
 * @property {(calls: number) => Promise<number[] | void>} work returns the time of each call in milliseconds, for "p50".
 *   Fails if a call gets no response
 * @property {string} [unavailable] why it cannot do this work yet
 */

/**
 * @typedef {object} Figures
 * @property {number} [p50] at most
 * @property {number} [time] at most
 * @property {number} [rate] at least
 * @property {number} [cpu] at most
 * @property {boolean} [isBelowPeers] whether its CPU time must be less than that of each peer
 */

/**
 * The setup of a benchmark.
 *
 * @typedef {object} Stage
 * @property {(options: Parameters<typeof startWorkerd>[0]) => Promise<import("./workerd.mjs").Server>} start
 * @property {(stop: () => unknown) => void} onStop
 * @property {<T>(full: T, smoke: T) => T} size a number for a real run, and one for a smoke run
 */

/**
 * @typedef {object} Result
 * @property {Work | Count} work
 * @property {string[][]} [rows] of a count
 * @property {import("./report.mjs").Target[]} [targets] of a count
 * @property {Map<Contender, Sample[]>} [samples] by round
 * @property {boolean} smoke whether the samples are too few to mean anything
 */

/**
 * The result of one round of one contender.
 *
 * @typedef {object} Sample
 * @property {number} time microseconds per call: the median, or the total time divided by the calls
 * @property {number} cpu microseconds of the server's CPU time per call
 */

/**
 * @param {(stage: Stage) => Promise<(Work | Count)[]>} prepare
 * @param {{ rounds: number, smoke: boolean }} options
 * @returns {Promise<Result[]>}
 */
export async function runBenchmark(prepare, { rounds, smoke }) {
  const stops = [];
  const servers = [];
  // A client would wait forever for a server that has died.
  const { promise: died, reject } = Promise.withResolvers();
  /** @type {Stage} */
  const stage = {
    start: async (options) => {
      const server = await startWorkerd(options);
      stops.push(server.stop);
      servers.push(server);
      server.died.catch((error) => reject(error));
      return server;
    },
    onStop: (stop) => void stops.push(stop),
    size: (full, small) => (smoke ? small : full),
  };
  try {
    return await Promise.race([runAll(prepare(stage), rounds, smoke), died]);
  } catch (error) {
    for (const { name, log } of servers) console.error(`${name} printed:\n${log()}\n`);
    throw error;
  } finally {
    // Closes connections before the servers that they are connected to.
    for (const stop of stops.reverse()) await stop();
  }
}

async function runAll(works, rounds, smoke) {
  const results = [];
  for (const work of await works) {
    results.push(work.rows ? await runCount(work, smoke) : await runWork(work, smoke ? 1 : rounds, smoke));
  }
  return results;
}

/** @returns {Promise<Result>} */
async function runCount(work, smoke) {
  const counted = await work.rows();
  return { work, smoke, ...(Array.isArray(counted) ? { rows: counted } : counted) };
}

/** @returns {Promise<Result>} */
async function runWork(work, rounds, smoke) {
  const able = work.contenders.filter(({ unavailable }) => unavailable === undefined);
  for (const contender of able) {
    await contender.check?.();
    await contender.work(smoke ? 1 : (work.warmup ?? work.calls));
  }
  const samples = new Map(able.map((contender) => [contender, []]));
  for (let round = 0; round < rounds; round++) {
    for (const contender of able) {
      await contender.reset?.();
      samples.get(contender).push(await measure(contender, work));
    }
  }
  for (const contender of able) await contender.check?.();
  return { work, samples, smoke };
}

/** @returns {Promise<Sample>} */
async function measure({ server, work }, { calls, measure }) {
  const cpu = server.cpuTime();
  const started = performance.now();
  const times = await work(calls);
  const elapsed = performance.now() - started;
  const time = measure === "p50" ? median(times) : elapsed / calls;
  return { time: time * 1000, cpu: (server.cpuTime() - cpu) / 1000 / calls };
}

/** @param {readonly number[]} values */
export function median(values) {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
