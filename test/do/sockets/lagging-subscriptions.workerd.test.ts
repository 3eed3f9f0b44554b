import { expect, it } from "vitest";
import { eventsOf } from "../../fixtures/socket.js";
import { openStreams, reading, subscribeMany } from "./open-streams.js";

const SUBSCRIPTIONS = 200;

it("delivers every change once and in order to each of many subscriptions that lag", async () => {
  const { http, open } = await openStreams();
  const socket = await open();
  await subscribeMany(socket, SUBSCRIPTIONS);
  // The first write fills the window: some subscriptions have it, and others do not.
  const texts = ["one", "two", "three"];
  for (const text of texts) await http.items.create.mutate({ text });
  expect(socket.frames.length).toBeLessThan(2 * SUBSCRIPTIONS);
  reading(socket).socket.send("PONG");
  await socket.until(SUBSCRIPTIONS * (1 + texts.length));
  for (let id = 1; id <= SUBSCRIPTIONS; id++) {
    const events = eventsOf(socket.frames.filter((frame) => frame.id === id));
    expect(events.map(({ change }) => (change as { data: { text: string } }).data.text)).toEqual(texts);
  }
  await http.items.create.mutate({ text: "four" });
  await socket.until(SUBSCRIPTIONS * (2 + texts.length));
  expect(socket.frames).toHaveLength(SUBSCRIPTIONS * (2 + texts.length));
}, 60_000);
