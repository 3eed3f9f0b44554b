import { createServer, type AddressInfo } from "node:net";
import ReconnectingWebSocket from "partysocket/ws";
import { userdoLink, type SocketClass } from "trpc-userdo/client";
import { afterEach, expect, it, vi } from "vitest";
import { WebSocket as NodeWebSocket } from "ws";
import { ClientSocket } from "../../src/client/client-socket.js";
import { prepareConnection } from "../../src/client/open-connection.js";

afterEach(() => void vi.unstubAllGlobals());

interface Setup {
  readonly url?: string;
  readonly timeout?: number;
  readonly headers?: Record<string, string>;
  readonly ticket?: () => Promise<string>;
  readonly onResponse?: () => void;
}

function connect(implementation: SocketClass | undefined, setup: Setup = {}) {
  const { url = "ws://127.0.0.1:1/trpc", timeout = 5_000, headers = {}, ticket, onResponse = () => {} } = setup;
  const socket = new ClientSocket({
    timeout,
    prepare: () => prepareConnection({ url, implementation, headers, ticket }),
    onResponse,
  });
  const events: string[] = [];
  const errors: unknown[] = [];
  for (const type of ["open", "message", "close"]) socket.addEventListener(type, () => void events.push(type));
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
    removeEventListener(type: string, listener: (event: object) => void): void {
      const listeners = this.listeners.get(type) ?? [];
      this.listeners.set(
        type,
        listeners.filter((each) => each !== listener),
      );
    }
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
  /** Waits for the latest socket. */
  async function latest(count = 1): Promise<Scripted> {
    await vi.waitUntil(() => sockets.length >= count);
    return sockets.at(-1)!;
  }
  return { Scripted, sockets, latest };
}

it.each([
  ["Node's own", undefined],
  ["that of ws", NodeWebSocket],
])("gives up a connection that does not open: %s", async (_name, implementation) => {
  // Accepts connections and never answers, like a lost network.
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
    "rejects options, like a browser's",
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
  // A connection that was opened without the ticket is not used.
  expect(sockets.slice(0, -1).every(({ isClosed }) => isClosed)).toBe(true);
  const tried = urls.length;
  connect(Scripted, { headers: { Authorization: "Bearer t" }, ticket: async () => "c" });
  await expect.poll(() => urls.at(-1)).toBe("ws://127.0.0.1:1/trpc?ticket=c");
  expect(urls).toHaveLength(tried + 1);
});

it("does not change a class that ignores headers if they do not authenticate", async () => {
  const { Scripted, sockets, latest } = scriptedClass();
  const { events } = connect(Scripted, { headers: { "x-app": "1" } });
  (await latest()).emit("open");
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
  expect(errors[0]).toBe(refusal);
});

it("fails with the reason when the class refuses to open a connection", async () => {
  const refusal = new DOMException("An insecure socket on a secure page.", "SecurityError");
  const { Scripted } = scriptedClass(() => {
    throw refusal;
  });
  const { events, errors } = connect(Scripted);
  await expect.poll(() => events).toEqual(["close", "error"]);
  expect(errors[0]).toBe(refusal);
});

it.each([
  ["a string", "no network", "no network"],
  ["undefined", undefined, "undefined"],
  ["null", null, "null"],
])("fails when the credentials fail with %s", async (_name, thrown, message) => {
  const { Scripted } = scriptedClass((_url, options) => {
    if (options !== undefined) throw new SyntaxError();
  });
  const ticket = () => Promise.reject(thrown);
  const { events, errors } = connect(Scripted, { headers: { Authorization: "Bearer t" }, ticket });
  await expect.poll(() => events).toEqual(["close", "error"]);
  expect(errors).toMatchObject([{ message, cause: thrown }]);
});

it("fails when the credentials take too long", async () => {
  const { Scripted, sockets } = scriptedClass((_url, options) => {
    if (options !== undefined) throw new SyntaxError();
  });
  const ticket = () => new Promise<string>(() => {});
  const { events, errors } = connect(Scripted, { timeout: 20, headers: { Authorization: "Bearer t" }, ticket });
  await expect.poll(() => events).toEqual(["close", "error"]);
  expect(errors).toMatchObject([{ message: "The socket did not open within 20 ms." }]);
  expect(sockets).toEqual([]);
});

it("names the missing class in a runtime without WebSocket", async () => {
  vi.stubGlobal("WebSocket", undefined);
  const { errors } = connect(undefined);
  await expect.poll(() => String(errors[0])).toMatch(/no WebSocket.*Node.*`ws`/);
});

it("passes on the code of a close by the server, and does not connect again", async () => {
  const { Scripted, sockets, latest } = scriptedClass();
  const { socket, events } = connect(Scripted);
  const codes: number[] = [];
  socket.addEventListener("close", ({ code }) => void codes.push(code));
  (await latest()).emit("open");
  (await latest()).emit("message", { data: "PONG" });
  (await latest()).emit("close", { code: 4401, reason: "over" });
  expect([events, codes, socket.readyState]).toEqual([["open", "message", "close"], [4401], 3]);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(sockets).toHaveLength(1);
});

it("fails when the connection is closed before it is open, even without an error", async () => {
  const { Scripted, sockets, latest } = scriptedClass();
  const { events, errors } = connect(Scripted);
  (await latest()).emit("close", { code: 1006 });
  await expect.poll(() => events).toEqual(["close", "error"]);
  expect(errors).toMatchObject([{ message: "The socket was closed before it was open." }]);
  expect(sockets).toHaveLength(1);
});

it("reports the platform's error once, also if a close follows it", async () => {
  const { Scripted, sockets, latest } = scriptedClass();
  const { events, errors } = connect(Scripted);
  const connectError = new Error("connect ECONNREFUSED");
  const platform = await latest();
  platform.emit("error", { error: connectError });
  platform.emit("close", { code: 1006 });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect([events, errors, sockets.length]).toEqual([["close", "error"], [connectError], 1]);
});

it("reports a close at once, and nothing about the connection afterwards", async () => {
  const { Scripted, latest } = scriptedClass();
  const { socket, events } = connect(Scripted);
  const platform = await latest();
  platform.emit("open");
  socket.close();
  expect(events).toEqual(["open", "close"]);
  platform.emit("message", { data: "late" });
  platform.emit("error");
  platform.emit("close");
  expect(events).toEqual(["open", "close"]);
  expect([platform.isClosed, socket.readyState]).toEqual([true, 3]);
});

it("reports a close at once on a platform that fails to close a connection", async () => {
  const { Scripted, latest } = scriptedClass();
  const { socket, events } = connect(Scripted);
  const platform = await latest();
  platform.emit("open");
  platform.close = () => {
    throw new DOMException("The connection cannot be closed.", "InvalidStateError");
  };
  socket.close();
  expect([events, socket.readyState]).toEqual([["open", "close"], 3]);
});

it("opens no connection with a ticket that arrived after the socket was closed", async () => {
  const { Scripted, sockets } = scriptedClass((_url, options) => {
    if (options !== undefined) throw new SyntaxError();
  });
  const ticket = Promise.withResolvers<string>();
  const fetchTicket = vi.fn(() => ticket.promise);
  const { socket, events } = connect(Scripted, { headers: { Authorization: "Bearer t" }, ticket: fetchTicket });
  await expect.poll(() => fetchTicket).toHaveBeenCalled();
  socket.close();
  expect(events).toEqual(["close"]);
  ticket.resolve("late");
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(sockets).toEqual([]);
});

it("fails when the server does not answer a check, and not when it does", async () => {
  const { Scripted, latest } = scriptedClass();
  const dead = connect(Scripted);
  (await latest()).emit("open");
  const onResponse = vi.fn<() => void>();
  expect(dead.socket.check(20, onResponse)).toBe(true);
  expect(dead.socket.check(20, onResponse)).toBe(false);
  expect((await latest()).sent).toEqual(["PING"]);
  await expect.poll(() => dead.events).toEqual(["open", "close", "error"]);
  expect(onResponse).not.toHaveBeenCalled();

  const alive = connect(Scripted);
  (await latest(2)).emit("open");
  alive.socket.check(20, onResponse);
  (await latest(2)).emit("message", { data: "PONG" });
  expect(onResponse).toHaveBeenCalledOnce();
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(alive.events).toEqual(["open", "message"]);
  expect(alive.socket.check(20, onResponse)).toBe(true);
  (await latest(2)).emit("message", { data: "data" });
  expect(onResponse).toHaveBeenCalledTimes(2);
});

it("fails at once when a check finds that it has been opening for too long", async () => {
  const { Scripted, latest } = scriptedClass();
  const { socket, events } = connect(Scripted);
  await latest();
  expect(socket.check(60_000, () => {})).toBe(false);
  expect(events).toEqual([]);
  expect(socket.check(0, () => {})).toBe(false);
  expect(events).toEqual(["close", "error"]);
});

it("queues no frame while it is not open", async () => {
  const { Scripted, latest } = scriptedClass();
  const { socket } = connect(Scripted);
  socket.send("before the connection");
  const platform = await latest();
  socket.send("while it opens");
  platform.emit("open");
  socket.send("open");
  expect(platform.sent).toEqual(["open"]);
  expect(socket.drainQueuedMessages()).toEqual([]);
});

it("sends U+FFFD as the JSON escape, and everything else as it is", async () => {
  const { Scripted, latest } = scriptedClass();
  const { socket } = connect(Scripted);
  (await latest()).emit("open");
  const bytes = new Uint8Array([1]);
  const frame = JSON.stringify({ "\uFFFD": ["a\uFFFD\uFFFD", "\\ufffd"] });
  socket.send(frame);
  socket.send("PONG");
  socket.send(bytes);
  const [text, ...rest] = (await latest()).sent;
  expect(rest).toEqual(["PONG", bytes]);
  expect(String(text)).not.toContain("\uFFFD");
  expect(JSON.parse(String(text))).toEqual(JSON.parse(frame));
});

it("uses any socket class unchanged", () => {
  class WithHeaders extends NodeWebSocket {
    constructor(url: string | URL) {
      super(url, { headers: { origin: "https://app.example.com" } });
    }
  }
  for (const WebSocket of [globalThis.WebSocket, NodeWebSocket, WithHeaders, ReconnectingWebSocket]) {
    expect(userdoLink({ WebSocket })).toBeTypeOf("function");
  }
  // @ts-expect-error the class opens no socket
  userdoLink({ WebSocket: class {} });
  // @ts-expect-error a url is not a number
  userdoLink({ WebSocket: NumberedSocket });
});

class NumberedSocket extends NodeWebSocket {
  constructor(port: number) {
    super(`ws://127.0.0.1:${port}`);
  }
}
