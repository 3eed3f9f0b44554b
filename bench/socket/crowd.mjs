// Opens many sockets that receive one write.
import assert from "node:assert/strict";
import { frameBytes } from "../runner/socket-connection.mjs";
import { timeEach } from "../runner/time-each.mjs";

/** Opens this many sockets, several at a time. */
export async function openAll({ open }, count) {
  const connections = [];
  while (connections.length < count) {
    const some = Math.min(50, count - connections.length);
    connections.push(...(await Promise.all(Array.from({ length: some }, () => open()))));
  }
  return connections;
}

/** The message that creates a post in the app that is measured. @param {number} id @param {string} title */
export function createPost(id, title) {
  const params = { path: "posts.create", input: { json: { title, body: "" } } };
  return JSON.stringify({ id, method: "mutation", params });
}

/**
 * A contender that writes once, and waits until each socket has received the event.
 *
 * @param {{ name: string, server: import("../runner/workerd.mjs").Server }} contender
 * @param {import("../runner/socket-connection.mjs").SocketConnection[]} connections
 * @param {object} options
 * @param {(text: string) => string} options.write the message that causes the event
 * @param {(event: any, text: string) => boolean} options.isEvent whether a received message is the event
 * @param {number} options.replies how many replies the writer gets
 * @returns {import("../runner/run-benchmark.mjs").Contender}
 */
export function asBroadcast({ name, server }, connections, { write, isEvent, replies }) {
  let title = 0;

  /** Writes once, and waits until each socket has received it. `onFrame` gets every message. */
  const broadcast = (onFrame) =>
    new Promise((resolve) => {
      let missing = connections.length + replies;
      for (const connection of connections) {
        connection.onFrame((payload) => {
          onFrame(payload);
          if (--missing === 0) resolve(undefined);
        });
      }
      connections[0].send(frameBytes(write(`Event ${++title}`)));
    });

  return {
    name,
    server,
    async check() {
      const messages = [];
      await broadcast((payload) => messages.push(JSON.parse(String(payload))));
      const events = messages.filter(({ id }) => id === 1);
      assert.equal(events.length, connections.length);
      assert.ok(
        events.every((event) => isEvent(event, `Event ${title}`)),
        JSON.stringify(messages[0]),
      );
    },
    work: (calls) => timeEach(calls, () => broadcast(() => {})),
  };
}
