import { createServer, type AddressInfo } from "node:net";
import { WebSocket as NodeWebSocket } from "ws";
import ReconnectingWebSocket from "partysocket/ws";
import { userdoLink } from "trpc-userdo/client";
import { expect, it } from "vitest";
import { createSocketClass } from "../../src/client/create-socket-class.js";

it.each([
  ["Node's own", undefined],
  ["that of ws", NodeWebSocket],
])("E4 a connection that does not open is given up: %s", async (_name, implementation) => {
  // Takes connections and never answers: what a lost network looks like.
  const server = createServer((socket) => void socket.on("error", () => {}));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const socketClass = createSocketClass({ implementation, token: () => undefined, timeout: 50 });
  await socketClass.load();
  const socket = new socketClass.WebSocket(`ws://127.0.0.1:${port}`);
  let closed = 0;
  socket.addEventListener("error", () => {});
  socket.addEventListener("close", () => closed++);
  await expect.poll(() => closed, { timeout: 3_000 }).toBe(1);
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(closed).toBe(1);
  server.close();
});

it.each(["second", "third"])("C1 the token goes to a class that takes options as the %s argument", async (place) => {
  const sent: unknown[] = [];
  class Sent extends EventTarget {
    constructor(_url: string, second?: { headers?: unknown }, third?: { headers?: unknown }) {
      super();
      sent.push((place === "second" ? second : third)?.headers);
    }
  }
  const implementation = Sent as unknown as typeof WebSocket;
  const socketClass = createSocketClass({ implementation, token: () => "token", timeout: 50 });
  await socketClass.load();
  const socket = new socketClass.WebSocket("ws://127.0.0.1:1");
  socket.addEventListener("error", () => {});
  await expect.poll(() => sent).toEqual([{ Authorization: "Bearer token" }]);
  expect(socketClass.takesHeaders()).toBe(true);
});

it("sends U+FFFD as the JSON escape, and everything else as it is", async () => {
  const sent: unknown[] = [];
  class Sent extends EventTarget {
    readyState = 0;
    binaryType = "blob";
    constructor() {
      super();
      queueMicrotask(() => {
        this.readyState = 1;
        this.dispatchEvent(new Event("open"));
      });
    }
    send(data: unknown): void {
      sent.push(data);
    }
    close(): void {}
  }
  const implementation = Sent as unknown as typeof WebSocket;
  const socketClass = createSocketClass({ implementation, token: () => undefined, timeout: 5_000 });
  await socketClass.load();
  const socket = new socketClass.WebSocket("ws://127.0.0.1:1");
  const bytes = new Uint8Array([1]);
  const frame = JSON.stringify({ "\uFFFD": ["a\uFFFD\uFFFD", "\\ufffd"] });
  socket.send(frame);
  socket.addEventListener("open", () => {
    socket.send("PONG");
    socket.send(bytes);
  });
  await expect.poll(() => sent.length).toBe(3);
  expect(sent).toContain("PONG");
  expect(sent).toContain(bytes);
  const text = String(sent.find((data) => String(data).startsWith("{")));
  expect(text).not.toContain("\uFFFD");
  expect(JSON.parse(text)).toEqual(JSON.parse(frame));
  socket.close();
});

it("C4 any socket class can be given as it is", () => {
  class WithHeaders extends NodeWebSocket {
    constructor(url: string | URL) {
      super(url, { headers: { origin: "https://app.example.com" } });
    }
  }
  for (const WebSocket of [globalThis.WebSocket, NodeWebSocket, WithHeaders, ReconnectingWebSocket]) {
    expect(userdoLink({ WebSocket })).toBeTypeOf("function");
  }
  // @ts-expect-error it opens no socket
  userdoLink({ WebSocket: class {} });
  // @ts-expect-error a url is no number
  userdoLink({ WebSocket: NumberedSocket });
});

class NumberedSocket extends NodeWebSocket {
  constructor(port: number) {
    super(`ws://127.0.0.1:${port}`);
  }
}
