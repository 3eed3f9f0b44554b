// Measures how many passwords an attacker can have checked in a day, with real objects and a clock that the test moves.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { startApp, vars } from "../app/start-app.mjs";
import { createHttpConnection } from "../runner/http-connection.mjs";
import { createBrowser } from "./browser.mjs";
import { bestPlan } from "./guess-plan.mjs";

const DAY = 24 * 60 * 60;
const password = "correct horse battery staple";
const wrong = "not the password";
/** The platform evicts an idle object within this many seconds. */
const IDLE = 13;
const DEVICES = 20;

/** @param {import("../runner/run-benchmark.mjs").Stage} stage */
export async function prepare(stage) {
  const day = stage.size(DAY, 10);
  const worker = new URL("clock-worker.ts", import.meta.url);
  const { server } = await startApp(stage, { worker, hasCheapPasswords: true });
  const connection = createHttpConnection(server.port);
  stage.onStop(connection.close);
  const clock = createClock(server.port);
  let people = 0;

  async function signUp() {
    const browser = createBrowser(connection);
    const email = `person${people++}@example.com`;
    const { status, body } = await browser.call("auth.signup", { email, password });
    assert.equal(status, 200, String(body));
    const { user } = JSON.parse(body).result.data.json;
    return { browser, email, addressObject: addressObject(email), userObject: `user:${user.id}` };
  }

  const attacker = () => createBrowser(connection);
  const signIn = (browser, email) => () => browser.call("auth.login", { email, password: wrong });
  const confirm = ({ browser }, index) => {
    const calls = [
      () => browser.call("account.delete", { password: wrong }),
      () => browser.call("auth.changePassword", { currentPassword: wrong, newPassword: `${password}!` }),
      () => browser.call("auth.changeEmail", { email: "another@example.com", password: wrong }),
    ];
    return calls[index % calls.length];
  };

  /** Each attack starts with its own objects, and returns how to guess and which object counts the guesses. */
  const targets = {
    async "sign-in, unknown device"() {
      const { email, addressObject: object } = await signUp();
      return { object, guess: () => signIn(attacker(), email)() };
    },
    async "sign-in, address without an account"() {
      const email = `nobody${people++}@example.com`;
      return { object: addressObject(email), guess: () => signIn(attacker(), email)() };
    },
    async [`sign-in, ${DEVICES} unknown devices and forged marks`]() {
      const { email, addressObject: object } = await signUp();
      const attackers = Array.from({ length: DEVICES }, attacker);
      const other = await signUp();
      for (const [index, browser] of attackers.entries()) {
        if (index % 2 === 1) for (const [name, value] of other.browser.cookies) browser.cookies.set(name, value);
      }
      return { object, guess: (index) => signIn(attackers[index % DEVICES], email)() };
    },
    async "sign-in, one known device"() {
      const { browser, email, addressObject: object } = await signUp();
      return { object, guess: signIn(browser, email) };
    },
    async "delete, stolen session"() {
      const person = await signUp();
      return { object: person.userObject, guess: confirm(person, 0) };
    },
    async "changePassword, stolen session"() {
      const person = await signUp();
      return { object: person.userObject, guess: confirm(person, 1) };
    },
    async "changeEmail, stolen session"() {
      const person = await signUp();
      return { object: person.userObject, guess: confirm(person, 2) };
    },
    async "all three in turn, stolen session"() {
      const person = await signUp();
      return { object: person.userObject, guess: (index) => confirm(person, index)() };
    },
  };

  const evict = (object) => server.evict("BLOG_DO", object);
  const strategies = [
    ["never pausing", (target) => neverPausing(target, { clock, seconds: day })],
    ["every 13 s, evicted between", (target) => betweenEvictions(target, { clock, seconds: day, evict })],
    ["pausing to be forgotten", (target) => following(bestPlan(day), target, { clock, evict })],
  ];

  return [
    {
      title: `Passwords checked in ${stage.size("a day", "ten seconds")}`,
      head: ["", ...strategies.map(([name]) => name)],
      async rows() {
        const rows = [];
        for (const [name, prepareTarget] of Object.entries(targets)) {
          const counts = [];
          for (const [, run] of strategies) counts.push(String(await run(await prepareTarget())));
          rows.push([name, ...counts]);
        }
        return rows;
      },
    },
  ];
}

/** Guesses whenever the throttle allows a guess. */
async function neverPausing({ guess }, { clock, seconds }) {
  let checked = 0;
  for (let elapsed = 0, index = 0; elapsed <= seconds; index++) {
    const wait = await waitAfter(await guess(index));
    if (wait === 0) checked++;
    elapsed += wait;
    await clock.advance(wait);
  }
  return checked;
}

/**
 * Guesses at a constant rate, with an eviction after each guess. Sends only the first of the guesses that have to wait,
 * because a rejected guess changes nothing.
 */
async function betweenEvictions({ object, guess }, { clock, seconds, evict }) {
  let checked = 0;
  for (let elapsed = 0, index = 0; elapsed <= seconds; index++) {
    const wait = await waitAfter(await guess(index));
    if (wait === 0) checked++;
    await evict(object);
    const pause = Math.max(1, Math.ceil(wait / IDLE)) * IDLE;
    elapsed += pause;
    await clock.advance(pause);
  }
  return checked;
}

/** Follows a plan in which the throttle allows each guess. */
async function following(plan, { object, guess }, { clock, evict }) {
  for (const [index, wait] of plan.entries()) {
    if (wait > 0) await evict(object);
    await clock.advance(wait);
    const refusedFor = await waitAfter(await guess(index));
    assert.equal(refusedFor, 0, `Guess ${index} of the plan has to wait for ${refusedFor} s.`);
  }
  return plan.length;
}

/** Returns how many seconds the response says to wait; 0 if the password was checked. */
async function waitAfter({ status, body }) {
  if (status === 401) return 0;
  const text = String(body);
  const seconds = status === 429 ? JSON.parse(text).error.json.data.retryAfter : undefined;
  if (seconds === undefined) throw new Error(`A guess was answered with ${status}: ${text}`);
  return seconds;
}

function createClock(port) {
  let offset = 0;
  return {
    async advance(seconds) {
      if (seconds === 0) return;
      offset += seconds * 1000;
      const response = await fetch(`http://127.0.0.1:${port}/clock?offset=${offset}`);
      assert.equal(response.status, 200);
    },
  };
}

function addressObject(email) {
  return `email:${createHmac("sha256", vars.INDEX_SECRET).update(`email:${email}`).digest("hex")}`;
}
