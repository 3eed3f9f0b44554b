import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** A proxy between a client and the current server, which simulates network faults. */
export interface TcpProxy {
  readonly port: number;
  /** The port for new connections. `undefined` refuses them. */
  target: number | undefined;
  /** Ends all connections: cleanly, or like a crashed host. */
  cut(how: "fin" | "reset"): void;
  /**
   * From now on the existing WebSockets deliver nothing, and neither side is notified. Other connections are closed: a browser
   * would send its next request over one of them, and wait for the reply for minutes.
   */
  silence(): void;
  close(): Promise<void>;
}

export async function createTcpProxy(): Promise<TcpProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  /** The pairs of connections that are WebSockets. Each is a connection of its own. */
  const webSockets = new WeakSet<readonly [Socket, Socket]>();
  const proxy = { target: undefined as number | undefined };

  const server = createServer((client) => {
    client.on("error", () => client.destroy());
    if (proxy.target === undefined) return void client.resetAndDestroy();
    const upstream = connect(proxy.target, "localhost");
    const pair = [client, upstream] as const;
    pairs.add(pair);
    for (const socket of pair) {
      socket.setNoDelay(true);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => {
        pairs.delete(pair);
        for (const each of pair) each.destroy();
      });
    }
    client.once("data", (chunk) => {
      if (/^upgrade: websocket/im.test(chunk.toString("latin1"))) webSockets.add(pair);
    });
    client.pipe(upstream);
    upstream.pipe(client);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  return Object.assign(proxy, {
    port: (server.address() as AddressInfo).port,

    cut(how: "fin" | "reset"): void {
      for (const socket of [...pairs].flat()) {
        if (how === "fin") socket.end();
        else socket.resetAndDestroy();
      }
    },

    silence(): void {
      for (const pair of pairs) {
        const [client, upstream] = pair;
        if (!webSockets.has(pair)) {
          client.destroy();
          continue;
        }
        client.unpipe(upstream);
        upstream.unpipe(client);
        client.pause();
        upstream.pause();
      }
    },

    async close(): Promise<void> {
      for (const pair of pairs) for (const socket of pair) socket.destroy();
      server.close();
      await once(server, "close");
    },
  });
}
