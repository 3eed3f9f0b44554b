import { runInDurableObject } from "cloudflare:test";
import { expect, it } from "vitest";
import { subscribe } from "../../fixtures/socket.js";
import { start } from "./streams-socket.js";

const create = (id: number, text: string) => ({
  id,
  method: "mutation",
  params: { path: "items.create", input: { json: { text } } },
});
const pause = { id: 1, method: "query", params: { path: "pause" } };

const texts = async ({ http }: Awaited<ReturnType<typeof start>>): Promise<string[]> =>
  (await http.items.list.query()).map(({ text }) => text);

it("runs the mutations that a client sent before it closed the socket, in order, while a call is awaited", async () => {
  const started = await start();
  const { http, socket } = started;
  socket.send(pause);
  socket.send(create(2, "one"));
  socket.send([create(3, "two"), subscribe(4, "streams.changes"), create(5, "three")]);
  await expect.poll(() => http.trace.query()).toContain("ran pause");
  socket.socket.close(1000);
  await http.release.mutate();
  await expect.poll(() => texts(started)).toEqual(["one", "two", "three"]);
});

it("runs the mutations of a large frame when its client closes the socket immediately", async () => {
  const started = await start();
  const { http, socket } = started;
  const names = Array.from({ length: 200 }, (_, index) => `item ${index}`);
  socket.send([pause, ...names.map((text, index) => create(index + 2, text))]);
  await expect.poll(() => http.trace.query()).toContain("ran pause");
  socket.socket.close(1000);
  await http.release.mutate();
  await expect.poll(() => texts(started), { timeout: 10_000 }).toEqual(names);
});

it("handles the close event after the messages that came before", async () => {
  const { socket, object, http } = await start();
  socket.send(pause);
  await expect.poll(() => http.trace.query()).toContain("ran pause");
  await runInDurableObject(object, async (instance, state) => {
    const [end] = state.getWebSockets();
    if (!end) throw new Error("There is no socket.");
    const count = () => state.storage.sql.exec("SELECT count(*) AS n FROM items").one();
    const message = instance.webSocketMessage(end, JSON.stringify(create(2, "one")));
    const atClose = Promise.resolve(instance.webSocketClose(end)).then(count);
    expect(count()).toEqual({ n: 0 });
    await http.release.mutate();
    expect(await atClose).toEqual({ n: 1 });
    await message;
  });
});
