import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { expect, it } from "vitest";
import { pruneLog } from "../../../src/do/change-log/prune-log.js";
import { eventsOf, openSocket, subscribe } from "../../fixtures/socket.js";
import { signUpToStreams } from "../../fixtures/stock-client.js";

it.each(["streams.changes", "streams.tracked"])(
  "does not reset a subscriber when only entries of other tables are pruned (%s)",
  async (path) => {
    const { browser, http, user } = await signUpToStreams();
    const socket = await openSocket(browser, "/streams");
    socket.send(subscribe(1, path));
    await socket.until(1);
    await http.items.create.mutate({ text: "before" });
    await socket.until(2);
    for (const text of ["one", "two", "three"]) await http.others.create.mutate({ text });
    await runInDurableObject(env.STREAMS_DO.getByName(`user:${user.id}`), (_instance, { storage }) => {
      expect(pruneLog(storage.sql, { maxRows: 1, maxAgeMs: Number.MAX_SAFE_INTEGER })).toBeGreaterThan(0);
    });
    await http.items.create.mutate({ text: "after" });
    await socket.until(3);
    expect(eventsOf(socket.frames).map(({ change }) => change)).toMatchObject([
      { type: "create", data: { text: "before" } },
      { type: "create", data: { text: "after" } },
    ]);
  },
);
