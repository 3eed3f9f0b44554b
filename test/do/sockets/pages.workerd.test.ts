import { describe, expect, it } from "vitest";
import { eventsOf, openSocket, subscribe, type RawSocket } from "../../fixtures/socket.js";
import { signUpToStreams } from "../../fixtures/stock-client.js";

interface Change {
  readonly type: string;
  readonly id: string;
}

const changesOf = (socket: RawSocket): Change[] => eventsOf(socket.frames).map(({ change }) => change as Change);

/** Waits until the object has sent `PING` the given number of times. */
function untilPings(socket: RawSocket, times: number): Promise<void> {
  return expect.poll(() => socket.texts.filter((text) => text === "PING").length).toBe(times);
}

/** Reads from now on, as a stock client does. */
function read({ socket }: RawSocket): void {
  socket.addEventListener("message", ({ data }) => data === "PING" && socket.send("PONG"));
  socket.send("PONG");
}

/** A subscriber that received the first page of several, and is asked whether it reads. */
async function halfway() {
  const { browser, http } = await signUpToStreams("/streams");
  const socket = await openSocket(browser, "/streams");
  socket.send(subscribe(1, "streams.changes"));
  await socket.until(1);
  // The first change fills the window. The others wait until the client answers that it reads.
  await http.items.createMany.mutate({ count: 256, bytes: 1 });
  await untilPings(socket, 1);
  await http.items.createMany.mutate({ count: 400, bytes: 1 });
  socket.send("PONG");
  await untilPings(socket, 2);
  const received = changesOf(socket);
  expect(received.length).toBeGreaterThan(256);
  expect(received.length).toBeLessThan(656);
  return { http, socket, received };
}

describe("a subscriber that gets missed changes page by page", () => {
  it("receives a delete of a row that is deleted after its page", async () => {
    const { http, socket, received } = await halfway();
    const id = received.at(-1)?.id ?? "";
    await http.items.delete.mutate({ id });
    read(socket);
    await expect.poll(() => changesOf(socket).at(-1)).toEqual({ type: "delete", id });
    expect(changesOf(socket).filter((change) => change.type === "create")).toHaveLength(656);
  });

  it("receives no create of a row that is deleted before its page", async () => {
    const { http, socket, received } = await halfway();
    const rows = await http.items.list.query();
    const id = rows.find((row) => received.every((change) => change.id !== row.id))?.id ?? "";
    await http.items.delete.mutate({ id });
    await http.items.create.mutate({ text: "last" });
    read(socket);
    await expect.poll(() => changesOf(socket).at(-1)).toMatchObject({ type: "create", data: { text: "last" } });
    expect(changesOf(socket).filter((change) => change.type === "create" && change.id === id)).toEqual([]);
    expect(changesOf(socket).filter((change) => change.type === "create")).toHaveLength(656);
  });
});
