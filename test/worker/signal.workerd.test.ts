import superjson from "superjson";
import { expect, it } from "vitest";
import { ended } from "../fixtures/app/failures.js";
import { freshEmail, openBrowser, password } from "../fixtures/browser.js";

const browser = openBrowser();

async function resultsOf(path: string): Promise<unknown[]> {
  const replies: { result: { data: never } }[] = await (await browser.fetch(path)).json();
  return replies.map(({ result }) => superjson.deserialize(result.data));
}

it("gives each call of a batch its place and a signal", async () => {
  const place = (batchIndex: number) => ({ batchIndex, hasSignal: true });
  expect(await resultsOf("/failures/place,place,place?batch=1")).toEqual([place(0), place(1), place(2)]);
});

it("gives each call of a batch its place in an object", async () => {
  await browser.client("batch", "/inputs").auth.signup.mutate({ email: freshEmail(), password });
  const places = [0, 1, 2].map((batchIndex) => ({ batchIndex }));
  expect(await resultsOf("/inputs/placeInObject,placeInObject,placeInObject?batch=1")).toEqual(places);
});

it.each([
  ["subscription", "/failures/endless", { accept: "text/event-stream" }],
  ["query", "/failures/endlessQuery?batch=1", { "trpc-accept": "application/jsonl" }],
] as const)("aborts the signal of a %s when its client leaves", async (name, path, headers) => {
  const response = await browser.fetch(path, { headers });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (reader && !text.includes("one")) text += (await reader.read()).value ?? "";
  await reader?.cancel();
  await expect.poll(() => ended).toContain(name);
});
