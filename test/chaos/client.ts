import superjson from "superjson";
import { createLiveDeltas, type IncomingData } from "../../src/client/live-deltas.js";
import { upgrade } from "../fixtures/socket.js";
import { Violation } from "./history.js";
import type { Session } from "./session.js";
import type { Subscriber } from "./subscriber.js";
import type { Target } from "./target.js";

interface Frame {
  readonly id?: number | null;
  readonly method?: string;
  readonly result?: IncomingData & { readonly type: string };
  readonly error?: {
    readonly json: { readonly message: string; readonly data: { readonly code: string; readonly reason?: string } };
  };
}

export type Reply = { readonly ok: true; readonly data: unknown } | { readonly ok: false; readonly code: string };

/** A tab with one socket at a time and its subscriptions. It reconnects as the stock client does. */
export function createClient(name: string, session: Session, keeps: boolean, target: Target, onNews: () => void) {
  let socket: WebSocket | undefined;
  let abandoned: WebSocket | undefined;
  let ids = 0;
  const calls = new Map<number, (reply: Reply) => void>();
  const subscribers = new Map<number, Subscriber>();
  const deltas = createLiveDeltas({
    transformer: superjson,
    onLost: (id) => void (client.violation ??= new Violation(`${name}: a delta of ${id} has a base that it lacks`)),
  });

  /** Whether a subscription reads deltas: one of the package's own client, unless its event id is not that of its result. */
  function readsDeltas(id: number, path: string, lastEventId: string | undefined): boolean {
    if (!keeps || path !== "_live") return false;
    const isHeld = deltas.begin(id, lastEventId);
    return isHeld || lastEventId === undefined;
  }

  const client = {
    name,
    session,
    keeps,
    subscribers,
    stalled: false,
    /** The refused subscriptions among those that the schedule does not check. */
    refused: new Set<number>(),
    /** The object asked whether this client reads, and it has not answered. */
    owesPong: false,
    /** The object asked this client to reconnect. */
    mustReconnect: false,
    /** The first error while frames were handled. */
    violation: undefined as Violation | undefined,
    isOpen: (): boolean => socket?.readyState === WebSocket.OPEN,
    nextId: (): number => ++ids,

    /** Opens a socket. Returns whether that succeeded. */
    async open(): Promise<boolean> {
      const { webSocket, status } = await upgrade(session.browser, {}, target.socketPath);
      if (!webSocket) {
        if (session.revokedAt === Infinity) throw new Violation(`${name}: the upgrade was answered with ${status}`);
        return false;
      }
      client.close();
      socket = webSocket;
      webSocket.accept();
      webSocket.addEventListener("message", ({ data }) => {
        if (socket === webSocket) receive(String(data));
        onNews();
      });
      webSocket.addEventListener("close", () => {
        if (socket === webSocket) client.leave();
        onNews();
      });
      return true;
    },

    /** Stops reading the socket, which stays open. */
    leave(): void {
      socket = undefined;
      client.stalled = client.owesPong = client.mustReconnect = false;
      for (const subscriber of subscribers.values()) {
        if (subscriber.state !== "ended") subscriber.state = "off";
        subscriber.doze(false);
      }
      for (const done of calls.values()) done({ ok: false, code: "CLOSED" });
      calls.clear();
    },

    /** Stops reading the socket, and closes the previous one that it stopped reading. */
    abandon(): void {
      client.closeAbandoned();
      abandoned = socket;
      client.leave();
    },

    closeAbandoned(): void {
      try {
        abandoned?.close(1000);
      } catch {
        // It was closed already.
      }
      abandoned = undefined;
    },

    close(): void {
      const open = socket;
      client.leave();
      try {
        open?.close(1000);
      } catch {
        // It was closed already.
      }
    },

    send(message: unknown): void {
      try {
        socket?.send(typeof message === "string" ? message : JSON.stringify(message));
      } catch {
        // Already closed; the close event is on its way.
      }
    },

    /** `lastEventId` is the last event's id, or the start position for a client that stores that. */
    subscribeMessage(id: number, subscriber: Subscriber, lastEventId: string | undefined, filler = ""): object {
      const { path, input: json } = target.subscription(subscriber.source, filler);
      const reads = readsDeltas(id, path, lastEventId) && { deltas: true };
      const userdo = keeps && { userdo: { startedAt: subscriber.startedAt, ...reads } };
      return { id, method: "subscription", params: { path, input: { json }, lastEventId, ...userdo } };
    },

    /** The messages of calls, and their replies. */
    call(method: "query" | "mutation", callPath: string, input?: object): { message: object; reply: Promise<Reply> } {
      const id = client.nextId();
      const reply = new Promise<Reply>((resolve) => {
        if (client.isOpen()) calls.set(id, resolve);
        else resolve({ ok: false, code: "CLOSED" });
      });
      return {
        message: { id, method, params: { path: target.path(callPath), input: { json: target.input(input) } } },
        reply,
      };
    },

    /** Reads one window, and stops reading again. */
    readWindow(): void {
      if (!client.stalled || !client.owesPong) return;
      client.owesPong = false;
      client.send("PONG");
    },

    /** Answers from now on that it reads. */
    read(): void {
      client.stalled = false;
      if (client.owesPong) client.send("PONG");
      client.owesPong = false;
    },
  };

  function receive(text: string): void {
    if (text === "PONG") return;
    if (text === "PING") {
      client.owesPong = true;
      if (!client.stalled) client.read();
      return;
    }
    const frame = JSON.parse(text) as Frame;
    if (frame.method === "reconnect") {
      client.mustReconnect = true;
      for (const subscriber of subscribers.values()) subscriber.doze(true);
      return;
    }
    const id = frame.id ?? -1;
    const done = calls.get(id);
    if (done) {
      calls.delete(id);
      return done(
        frame.error
          ? { ok: false, code: frame.error.json.data.code }
          : { ok: true, data: (frame.result?.data as { readonly json: unknown } | undefined)?.json },
      );
    }
    const subscriber = subscribers.get(id);
    if (subscriber) onSubscription(subscriber, frame);
    else if (frame.error) client.refused.add(id);
  }

  function onSubscription(subscriber: Subscriber, { id: subscription, result, error }: Frame): void {
    if (error) {
      subscriber.state = "ended";
      const { code, reason } = error.json.data;
      if (session.revokedAt < Infinity && (code === "UNAUTHORIZED" || code === "FORBIDDEN")) return;
      // Sockets that the client left count until the object notices the close. `sync` subscribes again.
      if (target.isShared && reason === "MEMBER_QUOTA") return;
      client.violation ??= new Violation(`${subscriber.name} (${subscriber.source}) ended: ${error.json.message}`);
    } else if (result?.type === "started") {
      subscriber.state = "on";
      subscriber.startedAt = result.id ?? subscriber.startedAt;
    } else if (result?.type === "data") {
      const read = deltas.read(subscription ?? -1, result)?.data;
      if (read === undefined) return;
      const { id, data } = deltas.deserialize(read) as { readonly id: string; readonly data: unknown };
      if (id !== result.id)
        client.violation ??= new Violation(`${subscriber.name}: the frame says ${result.id}, not ${id}`);
      subscriber.receive({ cursor: id, change: data });
    }
  }

  return client;
}

export type Client = ReturnType<typeof createClient>;
