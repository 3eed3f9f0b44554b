// Measures how long the response for an address with an account and for one without takes, and how large it is.
import assert from "node:assert/strict";
import { samePage, startApp } from "../app/start-app.mjs";
import { createHttpConnection, requestBytes } from "../runner/http-connection.mjs";
import { median } from "../runner/run-benchmark.mjs";

const password = "correct horse battery staple";
/** The number of mails of one kind that an address gets in an hour. */
const MAILS = 3;
/** The samples per round and contender: two hundred samples in the usual 21 rounds. */
const CALLS = 10;
/** Fewer, because each of them creates an account. */
const SIGN_UPS = 3;
/** Enough that no address exceeds its limit in as many rounds. */
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

  const contender = (name, path, addressOf, { input, status }) => {
    let next = 0;
    const call = async () => {
      const email = addressOf(next++);
      const started = performance.now();
      const response = await send(path, { email, ...input });
      const time = performance.now() - started;
      assert.equal(response.status, status, String(response.body));
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
  const works = [
    {
      title: "auth.login with a wrong password",
      path: "auth.login",
      input: { password: "not the password" },
      statuses: [401, 401],
      each: 1,
      calls: CALLS,
    },
    {
      title: "auth.requestPasswordReset",
      path: "auth.requestPasswordReset",
      input: {},
      statuses: [200, 200],
      each: MAILS,
      calls: CALLS,
    },
    {
      title: "auth.requestDeviceLink",
      path: "auth.requestDeviceLink",
      input: {},
      statuses: [200, 200],
      each: 1,
      calls: CALLS,
    },
    {
      title: "auth.signup: the answer itself says whether the address is taken",
      path: "auth.signup",
      input: { password },
      statuses: [409, 200],
      each: 1,
      calls: SIGN_UPS,
    },
  ];
  const knownAt = (each) => (call) => known[Math.floor(call / each) % known.length];
  /** A sign-up takes the address, so each call has another one. */
  const unknownAt = (path, each) =>
    path === "auth.signup" ? (call) => `new${call}@example.com` : (call) => `un${knownAt(each)(call)}`;

  return [
    ...works.map(({ title, path, input, statuses: [forKnown, forUnknown], each, calls }) => ({
      title,
      measure: "p50",
      calls: stage.size(calls, 1),
      warmup: 2,
      contenders: [
        contender("an address with an account", path, knownAt(each), { input, status: forKnown }),
        contender("one without", path, unknownAt(path, each), { input, status: forUnknown }),
      ],
    })),
    {
      title: "Size of the answers, in bytes",
      head: ["", "with an account", "without", "without/with"],
      async rows() {
        const rows = [];
        for (const { title, path, input, statuses } of works) {
          const sizes = [[], []];
          for (let call = 0; call < stage.size(CALLS, 1); call++) {
            // Separate addresses, because the others have received their mails.
            const email = `size${call}.${path.length}@example.com`;
            const unknown = `un${email}`;
            assert.equal((await send("auth.signup", { email, password })).status, 200);
            for (const [index, address] of [email, unknown].entries()) {
              const { status, head, body } = await send(path, { email: address, ...input });
              assert.equal(status, statuses[index], String(body));
              sizes[index].push(head.length + body.length);
            }
          }
          const [withAccount, without] = sizes.map(median);
          rows.push([title, String(withAccount), String(without), (without / withAccount).toFixed(3)]);
        }
        return rows;
      },
    },
  ];
}
