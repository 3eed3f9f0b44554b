import { expect, it } from "vitest";
import { ran } from "../../fixtures/app/live.js";
import { signUpToLive, type LiveClient } from "../../fixtures/live.js";
import { listen, openStockClient } from "../../fixtures/stock-client.js";

/** Users with a stock client at the app's object. */
async function signUpWithSocket() {
  const { browser, user, http } = await signUpToLive();
  const { client, close } = openStockClient(browser, { path: "/live?app" });
  return { user, http, client: client as unknown as LiveClient, close };
}

it.each([
  ["once for all users", "headlines.of", 1],
  ["for each user, if it reads its caller", "headlines.ofCaller", 3],
])("runs a live query of the whole app %s", async (_name, path, runs) => {
  const people = await Promise.all(Array.from({ length: 3 }, signUpWithSocket));
  const writer = await signUpToLive();
  const list = crypto.randomUUID();
  const results = people.map(({ client }) => listen(client._live, { path, input: { list } }));
  await Promise.all(results.map((each) => each.until(1)));
  const before = ran.headlines;
  await writer.http.headlines.create.mutate({ list, text: "one" });
  await Promise.all(results.map((each) => each.until(2)));
  expect(ran.headlines - before).toBe(runs);
  const users = results.map(({ events }) => (events[1] as { data: { userId?: string } }).data.userId);
  expect(users).toEqual(people.map(({ user }) => (runs > 1 ? user.id : undefined)));
  for (const { close } of people) close();
});
