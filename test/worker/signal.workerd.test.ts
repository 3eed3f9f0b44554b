import superjson from "superjson";
import { beforeEach, expect, it } from "vitest";
import { ended } from "../fixtures/app/failures.js";
import { aborted, begun } from "../fixtures/app/stock.js";
import { signUpToStock } from "../fixtures/stock-transports.js";
import { freshEmail, openBrowser, password } from "../fixtures/browser.js";

const browser = openBrowser();

beforeEach(() => {
  begun.length = 0;
  aborted.length = 0;
});

async function resultsOf(path: string): Promise<unknown[]> {
  const replies: { result: { data: never } }[] = await (await browser.fetch(path)).json();
  return replies.map(({ result }) => superjson.deserialize(result.data));
}

it("passes each call of a batch its index and a signal", async () => {
  const place = (batchIndex: number) => ({ batchIndex, hasSignal: true });
  expect(await resultsOf("/failures/place,place,place?batch=1")).toEqual([place(0), place(1), place(2)]);
});

it("passes each call of a batch its index in an object", async () => {
  await browser.client("batch", "/inputs").auth.signup.mutate({ email: freshEmail(), password });
  const places = [0, 1, 2].map((batchIndex) => ({ batchIndex }));
  expect(await resultsOf("/inputs/placeInObject,placeInObject,placeInObject?batch=1")).toEqual(places);
});

it.each([
  ["subscription", "/failures/endless", { accept: "text/event-stream" }],
  ["query", "/failures/endlessQuery?batch=1", { "trpc-accept": "application/jsonl" }],
] as const)("aborts the signal of a %s when its client disconnects", async (name, path, headers) => {
  const response = await browser.fetch(path, { headers });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (reader && !text.includes("one")) text += (await reader.read()).value ?? "";
  await reader?.cancel();
  await expect.poll(() => ended).toContain(name);
});

it.each(["query", "mutation", "worker", "promise"])(
  "aborts the signal of a %s when its client disconnects before the reply",
  async (name) => {
    const { browser: user } = await signUpToStock();
    const leaving = new AbortController();
    const reply = user.fetch(`/stock/leaving.${name}`, {
      signal: leaving.signal,
      ...(name === "mutation" && { method: "POST", headers: { "content-type": "application/json" } }),
    });
    await expect.poll(() => begun).toEqual([name]);
    leaving.abort();
    await expect(reply).rejects.toThrow();
    await expect.poll(() => aborted).toEqual([name]);
  },
);

it("aborts the signals of all calls of a batch in an object", async () => {
  const { browser: user } = await signUpToStock();
  const leaving = new AbortController();
  const reply = user.fetch("/stock/leaving.query,leaving.query?batch=1", { signal: leaving.signal });
  await expect.poll(() => begun).toEqual(["query", "query"]);
  leaving.abort();
  await expect(reply).rejects.toThrow();
  await expect.poll(() => aborted).toEqual(["query", "query"]);
});
