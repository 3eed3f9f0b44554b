import { describe, expect, it } from "vitest";
import { eventsOf } from "../../fixtures/socket.js";
import { openStreams, reading, subscribeMany } from "./open-streams.js";

const LONG = 900_000;

describe("rows that together exceed a page", () => {
  it.each([
    ["written in one turn", 12, 1],
    ["written one by one", 1, 12],
  ])(
    "reach every subscriber once and in order: %s",
    async (_name, count, times) => {
      const { http, open } = await openStreams();
      const paths = ["streams.changes", "streams.tracked"];
      const sockets = await Promise.all(
        paths.map(async (path) => {
          const socket = reading(await open());
          await subscribeMany(socket, 2, path);
          return socket;
        }),
      );
      for (let n = 0; n < times; n++) await http.items.createMany.mutate({ count, bytes: LONG });
      const all = (await http.items.list.query()).map(({ id }) => id);
      expect(all).toHaveLength(12);
      for (const socket of sockets) {
        await socket.until(2 + 2 * all.length);
        for (const id of [1, 2]) {
          const events = eventsOf(socket.frames.filter((frame) => frame.id === id));
          expect(events.map(({ change }) => (change as { id: string }).id)).toEqual(all);
        }
      }
    },
    60_000,
  );

  it("reach a subscriber that reconnects, a page at a time", async () => {
    const { http, open } = await openStreams();
    const first = reading(await open());
    await subscribeMany(first, 1);
    await http.items.createMany.mutate({ count: 1, bytes: 10 });
    await first.until(2);
    const cursor = eventsOf(first.frames).at(-1)?.cursor;
    first.socket.close();
    await http.items.createMany.mutate({ count: 9, bytes: LONG });

    const again = await open();
    again.send({ id: 1, method: "subscription", params: { path: "streams.changes", lastEventId: cursor } });
    await again.until(2);
    await http.trace.query();
    // The first of them fills the window.
    expect(eventsOf(again.frames)).toHaveLength(1);
    reading(again).socket.send("PONG");
    await again.until(10);
    const all = (await http.items.list.query()).map(({ id }) => id);
    expect(eventsOf(again.frames).map(({ change }) => (change as { id: string }).id)).toEqual(all.slice(1));
  }, 60_000);
});
