// How long an answer takes for an address with an account and for one without: reported, for whoever wants to compare.
import assert from "node:assert/strict";
import { samePage, startApp } from "../app/start-app.mjs";
import { createHttpConnection, requestBytes } from "../runner/http-connection.mjs";

const password = "correct horse battery staple";
/** A forgotten password may be asked for so often, for one address, in an hour. */
const RESETS = 3;
/** In a round of each contender: two hundred samples in the usual 21 rounds. */
const CALLS = 10;
/** Enough that no address is asked about too often in as many rounds. */
const ADDRESSES = 72;

/** @param {import("../runner/run-benchmark.mjs").Stage} stage */
export async function prepare(stage) {
  const { server } = await startApp(stage, { worker: new URL("worker.ts", import.meta.url) });
  const connection = createHttpConnection(server.port);
  stage.onStop(connection.close);
  const send = (path, input) =>
    connection.send(
      requestBytes(
        "POST",
        `/trpc/${path}`,
        { ...samePage, "Content-Type": "application/json" },
        JSON.stringify({ json: input }),
      ),
    );

  const count = stage.size(ADDRESSES, 2);
  const known = Array.from({ length: count }, (_, index) => `known${index}@example.com`);
  for (const email of known) assert.equal((await send("auth.signup", { email, password })).status, 200);

  const contender = (name, path, addresses, { input, status, each }) => {
    let next = 0;
    const call = async () => {
      const email = addresses[Math.floor(next++ / each) % addresses.length];
      const started = performance.now();
      const answer = await send(path, { email, ...input });
      const time = performance.now() - started;
      assert.equal(answer.status, status, String(answer.body));
      return time;
    };
    return {
      name,
      server,
      async work(calls) {
        await connection.open();
        const times = [];
        for (let made = 0; made < calls; made++) times.push(await call());
        return times;
      },
    };
  };
  const workOf = (title, path, calls, options) => ({
    title,
    measure: "p50",
    calls,
    warmup: 2,
    contenders: [
      contender("an address with an account", path, known, options),
      contender(
        "one without",
        path,
        known.map((email) => `un${email}`),
        options,
      ),
    ],
  });
  return [
    workOf("auth.login with a wrong password", "auth.login", stage.size(CALLS, 1), {
      input: { password: "not the password" },
      status: 401,
      each: 1,
    }),
    workOf("auth.requestPasswordReset", "auth.requestPasswordReset", stage.size(CALLS, 1), {
      input: {},
      status: 200,
      each: RESETS,
    }),
  ];
}
