import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createTRPCClient, createWSClient, wsLink } from "@trpc/client";
import { initTRPC } from "@trpc/server";
import { applyWSSHandler } from "@trpc/server/adapters/ws";
import { expect, it, onTestFinished } from "vitest";
import { WebSocketServer } from "ws";
import { ClientSocket } from "../../src/client/client-socket.js";
import { prepareConnection } from "../../src/client/open-connection.js";

/** tRPC's own server over sockets, and tRPC's client over the client's socket class. */
async function connect() {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  const received: string[] = [];
  const t = initTRPC.create();
  const release = Promise.withResolvers<void>();
  const router = t.router({
    add: t.procedure
      .input((input) => String(input))
      .mutation(async ({ input }) => {
        received.push(input);
        if (input === "slow") await release.promise;
        return input;
      }),
    listen: t.procedure.subscription(async function* () {
      yield received.length;
      await release.promise;
    }),
  });
  applyWSSHandler({ wss: server, router });
  const sockets: ClientSocket[] = [];
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  class Socket extends ClientSocket {
    constructor(target: string) {
      const options = { url: target, implementation: undefined, headers: {}, ticket: undefined };
      super({ timeout: 5_000, prepare: () => prepareConnection(options), onResponse() {} });
      sockets.push(this);
    }
  }
  const wsClient = createWSClient({
    url,
    // tRPC's client uses the part of a WebSocket that this class has.
    WebSocket: Socket as unknown as typeof WebSocket,
    retryDelayMs: () => 20,
  });
  onTestFinished(async () => {
    release.resolve();
    for (const each of server.clients) each.terminate();
    await wsClient.close();
    server.close();
  });
  const client = createTRPCClient<typeof router>({ links: [wsLink({ client: wsClient })] });
  let starts = 0;
  client.listen.subscribe(undefined, { onStarted: () => starts++ });
  return { client, received, sockets, server, starts: () => starts };
}

it.each(["the server drops the connection", "the client finds it dead"])(
  "sends a pending mutation once when %s",
  async (how) => {
    const { client, received, sockets, server, starts } = await connect();
    await expect.poll(starts).toBe(1);
    const outcome = client.add.mutate("slow").then(
      () => "resolved",
      () => "rejected",
    );
    await expect.poll(() => received).toEqual(["slow"]);
    if (how.startsWith("the server")) for (const each of server.clients) each.terminate();
    else sockets.at(-1)?.fail(new Error("The network was lost."));
    expect(await outcome).toBe("rejected");
    // The subscription continues on the next connection, and no other message was sent on it.
    await expect.poll(starts).toBe(2);
    expect(await client.add.mutate("after")).toBe("after");
    expect(received).toEqual(["slow", "after"]);
    expect(sockets.flatMap((socket) => socket.drainQueuedMessages())).toEqual([]);
  },
);

it("sends a mutation at most once that is called without a connection", async () => {
  const { client, received, sockets, starts } = await connect();
  await expect.poll(starts).toBe(1);
  sockets.at(-1)?.fail(new Error("The network was lost."));
  // tRPC's client opens a connection for a call, and may close it again for the reconnection that was due already.
  await Promise.allSettled(["one", "two"].map((text) => client.add.mutate(text)));
  await expect.poll(starts).toBeGreaterThan(1);
  expect(await client.add.mutate("after")).toBe("after");
  expect(received.filter((text, index) => received.indexOf(text) !== index)).toEqual([]);
});
