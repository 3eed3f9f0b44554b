import { createServer, type AddressInfo } from "node:net";
import ReconnectingWebSocket from "partysocket/ws";
import { userdoLink, type SocketClass } from "trpc-userdo/client";
import { afterEach, expect, it, vi } from "vitest";
import { WebSocket as NodeWebSocket } from "ws";
import { ClientSocket } from "../../src/client/client-socket.js";
import { openConnection } from "../../src/client/open-connection.js";

afterEach(() => void vi.unstubAllGlobals());

interface Setup {
  readonly url?: string;
  readonly timeout?: number;
  readonly headers?: Record<string, string>;
  readonly ticket?: () => Promise<string>;
  readonly onAnswer?: () => void;
}

function connect(implementation: SocketClass | undefined, setup: Setup = {}) {
  const { url = "ws://127.0.0.1:1/trpc", timeout = 5_000, headers = {}, ticket, onAnswer = () => {} } = setup;
  const socket = new ClientSocket({
    timeout,
    open: (onSocket) => openConnection({ url, implementation, headers, ticket, onSocket }),
    onAnswer,
  });
  const events: string[] = [];
  const errors: unknown[] = [];
  for (const type of ["open", "message", "close"]) socket.addEventListener(type, () => events.push(type));
  socket.addEventListener("error", ({ error }) => {
    events.push("error");
    errors.push(error);
  });
  return { socket, events, errors };
}

/** A platform's socket with a scripted network. It needs neither `Event` nor `EventTarget`. */
function scriptedClass(construct: (...args: unknown[]) => void = () => {}) {
  const sockets: Scripted[] = [];
  class Scripted {
    readonly sent: unknown[] = [];
    readonly listeners = new Map<string, ((event: object) => void)[]>();
    readyState = 0;
    binaryType = "blob";
    isClosed = false;
    constructor(...args: unknown[]) {
      construct(...args);
      sockets.push(this);
    }
    addEventListener(type: string, listener: (event: object) => void): void {
      this.listeners.set(type, [...(this.listeners.get(type) ?? []), listener]);
    }
    removeEventListener(): void {}
    emit(type: string, event: object = {}): void {
      if (type === "open") this.readyState = 1;
      for (const listener of this.listeners.get(type) ?? []) listener({ type, ...event });
    }
    send(data: unknown): void {
      this.sent.push(data);
    }
    close(): void {
      this.isClosed = true;
    }
  }
  return { Scripted, sockets, latest: () => sockets.at(-1)! };
}

it.each([
  ["Node's own", undefined],
  ["that of ws", NodeWebSocket],
])("gives up a connection that does not open: %s", async (_name, implementation) => {
  // Takes connections and never answers: what a lost network looks like.
  const server = createServer((socket) => void socket.on("error", () => {}));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const { events } = connect(implementation, { url: `ws://127.0.0.1:${port}`, timeout: 50 });
  await expect.poll(() => events, { timeout: 3_000 }).toEqual(["close", "error"]);
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(events).toEqual(["close", "error"]);
  server.close();
});

it.each(["second", "third"])("sends headers with a class that takes options as the %s argument", async (place) => {
  const sent: unknown[] = [];
  const { Scripted } = scriptedClass((_url, second, third) => {
    sent.push(((place === "second" ? second : third) as { headers?: unknown } | undefined)?.headers);
  });
  const ticket = vi.fn<() => Promise<string>>();
  connect(Scripted, { headers: { Authorization: "Bearer token", "x-app": "1" }, ticket });
  await expect.poll(() => sent).toEqual([{ Authorization: "Bearer token", "x-app": "1" }]);
  expect(ticket).not.toHaveBeenCalled();
});

it.each([
  [
    "refuses options, as a browser's",
    (_url: unknown, options: unknown) => {
      if (options !== undefined) throw new SyntaxError("The subprotocol is invalid.");
    },
  ],
  ["ignores options", () => {}],
])("authenticates a class that %s by a ticket", async (_name, construct) => {
  const urls: unknown[] = [];
  const { Scripted, sockets } = scriptedClass((url, options) => {
    construct(url, options);
    urls.push(url);
  });
  const { socket } = connect(Scripted, { headers: { Authorization: "Bearer t" }, ticket: async () => "a+b" });
  await expect.poll(() => urls.at(-1)).toBe("ws://127.0.0.1:1/trpc?ticket=a%2Bb");
  expect(socket.readyState).toBe(0);
  // One that was opened without the ticket is not used.
  expect(sockets.slice(0, -1).every(({ isClosed }) => isClosed)).toBe(true);
  const tried = urls.length;
  connect(Scripted, { headers: { Authorization: "Bearer t" }, ticket: async () => "c" });
  await expect.poll(() => urls.at(-1)).toBe("ws://127.0.0.1:1/trpc?ticket=c");
  expect(urls).toHaveLength(tried + 1);
});

it("uses a class that ignores headers as it is, if they do not authenticate", async () => {
  const { Scripted, sockets } = scriptedClass();
  const { events } = connect(Scripted, { headers: { "x-app": "1" } });
  sockets[0]?.emit("open");
  expect([sockets.length, events]).toEqual([1, ["open"]]);
});

it("fails with the reason when no ticket is issued", async () => {
  const { Scripted } = scriptedClass((_url, options) => {
    if (options !== undefined) throw new SyntaxError();
  });
  const refusal = new Error("UNAUTHORIZED");
  const ticket = () => Promise.reject(refusal);
  const { events, errors } = connect(Scripted, { headers: { Authorization: "Bearer t" }, ticket });
  await expect.poll(() => events).toEqual(["close", "error"]);
  expect(errors).toEqual([refusal]);
});

it("names the missing class in a runtime without WebSocket", async () => {
  vi.stubGlobal("WebSocket", undefined);
  const { errors } = connect(undefined);
  await expect.poll(() => String(errors[0])).toMatch(/no WebSocket.*Node.*`ws`/);
});

it("works without Event and EventTarget, as in React Native", async () => {
  vi.stubGlobal("Event", undefined);
  vi.stubGlobal("EventTarget", undefined);
  const { Scripted, latest } = scriptedClass();
  const { socket, events } = connect(Scripted);
  latest().emit("open");
  latest().emit("message", { data: "PONG" });
  latest().emit("close", { code: 4401, reason: "over" });
  expect(events).toEqual(["open", "message", "close"]);
  expect(socket.readyState).toBe(3);
});

it("reports a close at once, and nothing of the connection after it", () => {
  const { Scripted, latest } = scriptedClass();
  const { socket, events } = connect(Scripted);
  latest().emit("open");
  socket.close();
  expect(events).toEqual(["open", "close"]);
  latest().emit("message", { data: "late" });
  latest().emit("error");
  latest().emit("close");
  expect(events).toEqual(["open", "close"]);
  expect(latest().isClosed).toBe(true);
});

it("closes a connection whose ticket came after the socket was closed", async () => {
  const { Scripted, sockets } = scriptedClass((_url, options) => {
    if (options !== undefined) throw new SyntaxError();
  });
  const ticket = Promise.withResolvers<string>();
  const { socket } = connect(Scripted, { headers: { Authorization: "Bearer t" }, ticket: () => ticket.promise });
  socket.close();
  ticket.resolve("late");
  await expect.poll(() => sockets.map(({ isClosed }) => isClosed)).toEqual([true]);
});

it("fails when the server does not answer a check, and not when it does", async () => {
  const { Scripted, latest } = scriptedClass();
  const dead = connect(Scripted);
  latest().emit("open");
  const onAnswer = vi.fn<() => void>();
  expect(dead.socket.check(20, onAnswer)).toBe(true);
  expect(latest().sent).toEqual(["PING"]);
  await expect.poll(() => dead.events).toEqual(["open", "close", "error"]);
  expect(onAnswer).not.toHaveBeenCalled();

  const alive = connect(Scripted);
  latest().emit("open");
  alive.socket.check(20, onAnswer);
  latest().emit("message", { data: "PONG" });
  expect(onAnswer).toHaveBeenCalledOnce();
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(alive.events).toEqual(["open", "message"]);
});

it("sends U+FFFD as the JSON escape, and everything else as it is", () => {
  const { Scripted, latest } = scriptedClass();
  const { socket } = connect(Scripted);
  latest().emit("open");
  const bytes = new Uint8Array([1]);
  const frame = JSON.stringify({ "\uFFFD": ["a\uFFFD\uFFFD", "\\ufffd"] });
  socket.send(frame);
  socket.send("PONG");
  socket.send(bytes);
  const [text, ...rest] = latest().sent;
  expect(rest).toEqual(["PONG", bytes]);
  expect(String(text)).not.toContain("\uFFFD");
  expect(JSON.parse(String(text))).toEqual(JSON.parse(frame));
});

it("takes any socket class as it is", () => {
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
