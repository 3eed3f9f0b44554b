import { env, exports } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { signUpToStreams } from "../fixtures/stock-client.js";
import { origin, type Browser } from "../fixtures/browser.js";

function open(browser: Browser, path: string, headers: HeadersInit): Promise<Response> {
  const all = new Headers({ Origin: origin, "Sec-Fetch-Site": "same-origin" });
  all.set("Cookie", Array.from(browser.cookies, ([name, value]) => `${name}=${value}`).join("; "));
  for (const [name, value] of new Headers(headers)) all.set(name, value);
  return exports.default.fetch(new Request(`${origin}/streams/${path}`, { headers: all }));
}

/** Reads until a text has arrived, and disconnects, like the runtime when the connection is reset. */
async function leaveAfter(response: Response, expected: string): Promise<void> {
  const reader = response.body?.getReader();
  let text = "";
  while (reader && !text.includes(expected)) text += new TextDecoder().decode((await reader.read()).value);
  await reader?.cancel();
}

describe("a client that disconnects", () => {
  it("ends the app's generator at once, not at the next ping", async () => {
    const { browser, http } = await signUpToStreams();
    await leaveAfter(await open(browser, "streams.untracked", {}), "hello");
    await expect.poll(() => http.trace.query(), { timeout: 5_000 }).toContain("ended streams.untracked");
  });

  it("before it reads leaves no socket open", async () => {
    const { browser, http, user } = await signUpToStreams();
    for (const path of ["streams.tracked", "streams.changes"]) await (await open(browser, path, {})).body?.cancel();
    await expect.poll(() => http.trace.query(), { timeout: 5_000 }).toContain("ended streams.tracked");
    const object = env.STREAMS_DO.getByName(`user:${user.id}`);
    const sockets = () => runInDurableObject(object, (_instance, state) => state.getWebSockets().length);
    await expect.poll(sockets, { timeout: 5_000 }).toBe(0);
  });

  it("ends a streamed query", async () => {
    const { browser, http } = await signUpToStreams();
    const path = `endless?batch=1&input=${encodeURIComponent("{}")}`;
    await leaveAfter(await open(browser, path, { "trpc-accept": "application/jsonl" }), "hello");
    await expect.poll(() => http.trace.query(), { timeout: 5_000 }).toContain("ended endless");
  });
});
