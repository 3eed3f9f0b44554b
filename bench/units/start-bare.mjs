// Starts the baseline, and calls its operations.
import assert from "node:assert/strict";
import { frameBytes, openSocketConnection } from "../runner/socket-connection.mjs";

/** @param {import("../runner/run-benchmark.mjs").Stage} stage */
export async function startBare(stage) {
  const server = await stage.start({
    name: "hand-written SQL",
    worker: new URL("bare.ts", import.meta.url),
    objects: { BARE_DO: "BareDO" },
  });

  const call = async (body) => {
    const response = await fetch(`http://127.0.0.1:${server.port}/`, { method: "POST", body: JSON.stringify(body) });
    assert.equal(response.status, 200, await response.clone().text());
    return response.json();
  };
  const callObject = (object, operation, ...values) => call({ object, operation, values });
  const run = (operation, ...values) => call({ object: "user", operation, session: "session", values });

  async function openSocket() {
    const connection = await openSocketConnection(server.port, "/");
    stage.onStop(connection.close);
    const send = (operation, ...values) =>
      new Promise((resolve) => {
        connection.onFrame(resolve);
        connection.send(frameBytes(["session", operation, ...values].join(" ")));
      });
    return { send, close: connection.close };
  }

  const install = (object) => callObject(object, "install");
  for (const object of ["user", "team", "address"]) await install(object);
  await callObject("user", "begin", "session");
  await callObject("team", "join", "user");
  const socket = await openSocket();

  return {
    server,
    run,
    callObject,
    openSocket,
    send: socket.send,
    sleep: () => server.evict("BARE_DO", "user"),
    /** Reserves the address in its object, then stores the account and the first session in the user's. */
    async signUp(n) {
      const email = `user${n}@example.com`;
      await callObject("address", "reserve", email, `user ${n}`);
      await callObject("user", "register", `user ${n}`, email);
    },
    async signIn(n) {
      await callObject("address", "find", "user0@example.com");
      await callObject("user", "signIn", "user 0", `another ${n}`);
    },
  };
}
