import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { readAttachment } from "../../../src/do/connections/attachment.js";
import { createSubscriptionStore } from "../../../src/do/sockets/subscription-store.js";
import { startLive } from "../../fixtures/live.js";

/** Enough subscriptions that their results are stored later. */
const COUNT = 40;

async function startMany() {
  const live = await startLive();
  const { http, socket } = live;
  const note = await http.notes.create.mutate({ text: "one", list: "a" });
  const watched = Array.from({ length: COUNT }, () => socket.watch("notes.texts"));
  await expect.poll(() => watched.every((id) => socket.results(id).length === 1)).toBe(true);
  const write = (values: { readonly text?: string; readonly label?: string }) =>
    live.wrote(http.notes.update.mutate({ id: note.id, values }));
  return { ...live, watched, write };
}

describe("results that change often", () => {
  it("are delivered after a sleep, even if the result changes back to the stored one", async () => {
    const { socket, watched, write, sleep } = await startMany();
    await write({ text: "two" });
    await write({ text: "three" });
    await sleep();
    await write({ text: "two" });
    await expect.poll(() => watched.every((id) => socket.results(id).length === 4)).toBe(true);
    for (const id of watched) expect(socket.results(id)).toEqual([["one"], ["two"], ["three"], ["two"]]);
  });

  it("are stored once they do not change anymore, so that an unchanged one is not delivered again", async () => {
    const { socket, watched, write, sleep, object } = await startMany();
    for (const text of ["two", "three", "four"]) await write({ text });
    const storedHashes = () =>
      runInDurableObject(object, (_instance, state) =>
        state.getWebSockets().flatMap((each) => {
          const attachment = readAttachment(each);
          const stored = attachment ? createSubscriptionStore(state.storage.sql).read(attachment) : [];
          return stored.flatMap(({ live }) => live?.hash ?? []);
        }),
      );
    await expect.poll(storedHashes, { timeout: 10_000 }).toHaveLength(COUNT);
    await sleep();
    await write({ label: "new" });
    for (const id of watched) expect(socket.results(id)).toEqual([["one"], ["two"], ["three"], ["four"]]);
  });
});
