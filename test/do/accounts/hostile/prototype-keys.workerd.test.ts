import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { createCaller } from "trpc-userdo/worker";
import type { AppRouter } from "../../../fixtures/app/router.js";
import type { StreamsRouter } from "../../../fixtures/app/streams.js";
import { freshEmail, openBrowser, password, signUp, type Browser } from "../../../fixtures/browser.js";
import { codeOfCall } from "../../../fixtures/transports.js";
import { signUpToStreams } from "../../../fixtures/stock-client.js";
import { openSocket } from "../../../fixtures/socket.js";

const json = { "content-type": "application/json" };

/** JSON that no client of ours would write. */
const nasty = [
  '{"__proto__":{"admin":true}}',
  '{"constructor":{"prototype":{"admin":true}}}',
  '{"prototype":{"admin":true}}',
  '{"cart":[],"__proto__":{"admin":true}}',
  '{"firstName":"Ada","__proto__":null}',
  '{"__defineGetter__":"x","toString":"x","hasOwnProperty":1}',
];

/** The status or the code of a mutation with this input over each link. */
async function overHttp(browser: Browser, path: string, input: string, at = "/trpc"): Promise<string[]> {
  const one = { method: "POST", headers: json, body: `{"json":${input}}` };
  const many = { method: "POST", headers: json, body: `{"0":{"json":${input}}}` };
  const streamed = { ...many, headers: { ...json, "trpc-accept": "application/jsonl" } };
  const answers: string[] = [];
  for (const [url, init] of [
    [`${at}/${path}`, one],
    [`${at}/${path}?batch=1`, many],
    [`${at}/${path}?batch=1`, streamed],
  ] as const) {
    answers.push(await (await browser.fetch(url, init)).text());
  }
  return answers;
}

async function overSocket(browser: Browser, path: string, input: string, at = "/trpc"): Promise<string> {
  const { send, until, socket } = await openSocket(browser, at);
  send(`{"id":1,"method":"mutation","params":{"path":"${path}","input":{"json":${input}}}}`);
  const [frame] = await until(1);
  socket.close();
  return JSON.stringify(frame);
}

it.each(nasty)("refuses %s as a profile and as session data over every transport", async (text) => {
  const { browser, client, user } = await signUp();
  const caller = createCaller<AppRouter>(env.BLOG_DO).asUser({ userId: user.id });
  const patch = `{"profile":${text}}`;
  const updates = [
    ...(await overHttp(browser, "account.update", patch)),
    await overSocket(browser, "account.update", patch),
  ];
  for (const replies of updates) expect(replies).toContain("BAD_REQUEST");
  expect(await codeOfCall(caller.account.update(JSON.parse(patch) as never))).toBe("BAD_REQUEST");
  const signup = `{"email":"${freshEmail()}","password":"${password}","profile":${text}}`;
  for (const replies of await overHttp(openBrowser(), "auth.signup", signup)) expect(replies).toContain("BAD_REQUEST");

  for (const path of ["sessions.data.set", "sessions.data.merge"]) {
    const replies = [...(await overHttp(browser, path, text)), await overSocket(browser, path, text)];
    // A schema omits undeclared keys, so a key that would reach a prototype is never read.
    for (const answer of replies) expect(answer).not.toMatch(/admin|INTERNAL/);
  }
  const data = await client.sessions.data.get.query();
  expect(Object.keys(data ?? {}).filter((key) => key !== "cart")).toEqual([]);
  expect((await client.account.get.query()).profile).toEqual({});
  expect({}).not.toHaveProperty("admin");
});

it("refuses keys of prototypes where a session may store any object, and stores all others", async () => {
  const { browser, http, user } = await signUpToStreams();
  const caller = createCaller<StreamsRouter>(env.STREAMS_DO).asUser({ userId: user.id });
  for (const text of nasty.slice(0, 5)) {
    const replies = [
      ...(await overHttp(browser, "sessions.data.merge", text, "/streams")),
      await overSocket(browser, "sessions.data.merge", text, "/streams"),
    ];
    for (const answer of replies) expect(answer).toContain("BAD_REQUEST");
    // A call of another Worker has no session in which to store anything.
    expect(await codeOfCall(caller.sessions.data.merge(JSON.parse(text) as never))).not.toBe("none");
  }
  expect(await http.sessions.data.get.query()).toBeNull();
  const keys = { __defineGetter__: "x", toString: "x", hasOwnProperty: 1 };
  expect(await http.sessions.data.merge.mutate(keys as never)).toEqual(keys);
  expect(await http.sessions.data.get.query()).toEqual(keys);
  expect({}).not.toHaveProperty("admin");
});
