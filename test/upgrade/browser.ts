import { once } from "node:events";
import { createTRPCClient, createWSClient, httpLink, wsLink } from "@trpc/client";
import superjson from "superjson";
import { WebSocket as NodeWebSocket } from "ws";
import type { AppRouter } from "./app/router.js";
import type { StoredSockets } from "./app/stored-sockets.js";

/** A browser's cookies, and a stock client over HTTP that sends and keeps them. */
export interface Browser {
  readonly cookies: Map<string, string>;
  readonly http: ReturnType<typeof createHttpClient>;
  /** Sends a mutation with an idempotency key, and returns the text of the response. */
  post(path: string, input: unknown, key: string): Promise<string>;
}

export function openBrowser(port: number, cookies: Map<string, string> = new Map()): Browser {
  async function post(path: string, input: unknown, key: string): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${port}/trpc/${path}`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        origin: `http://127.0.0.1:${port}`,
        cookie: toHeader(cookies),
        "idempotency-key": key,
      },
      body: JSON.stringify(superjson.serialize(input)),
    });
    return response.text();
  }
  return { cookies, http: createHttpClient(port, cookies), post };
}

function createHttpClient(port: number, cookies: Map<string, string>) {
  const origin = `http://127.0.0.1:${port}`;
  const link = httpLink({
    url: `${origin}/trpc`,
    transformer: superjson,
    async fetch(url, init) {
      const headers = { ...(init?.headers as Record<string, string>), origin, cookie: toHeader(cookies) };
      const response = await fetch(url as string, { ...(init as RequestInit), headers });
      for (const line of response.headers.getSetCookie()) keep(cookies, line);
      return response;
    },
  });
  return createTRPCClient<AppRouter>({ links: [link] });
}

/** A stock client over a socket of the browser. */
export function openSocket(port: number, { cookies }: Pick<Browser, "cookies">) {
  const origin = `http://127.0.0.1:${port}`;
  const socket = createWSClient({
    url: `ws://127.0.0.1:${port}/trpc`,
    // The stock client passes no headers, and no cookies are sent automatically outside of a browser.
    WebSocket: class extends NodeWebSocket {
      constructor(url: string | URL) {
        super(String(url), { headers: { origin, cookie: toHeader(cookies) } });
      }
    } as unknown as typeof WebSocket,
  });
  const client = createTRPCClient<AppRouter>({ links: [wsLink({ client: socket, transformer: superjson })] });
  return { client, close: () => socket.close() };
}

/** A socket that only listens. Returns the received texts by the id of the subscription. */
export async function openRawSocket(port: number, { cookies }: Pick<Browser, "cookies">) {
  const frames = new Map<unknown, string>();
  const headers = { origin: `http://127.0.0.1:${port}`, cookie: toHeader(cookies) };
  const socket = new NodeWebSocket(`ws://127.0.0.1:${port}/trpc`, { headers });
  const answerPing = (): void => socket.send("PONG");
  await once(socket, "open");
  socket.on("message", (data: Buffer) => {
    const text = data.toString();
    if (text === "PING") return answerPing();
    const parsed = JSON.parse(text) as { id?: unknown } | readonly { id?: unknown }[];
    for (const frame of [parsed].flat()) {
      const { id } = frame as { id?: unknown };
      frames.set(id, (frames.get(id) ?? "") + JSON.stringify(frame));
    }
  });
  return { frames, answerPing, close: () => socket.close() };
}

/** Moves the times of a stored socket, as if it had been stored later. */
export function laterBy(milliseconds: number, { attachments, rows }: StoredSockets): StoredSockets {
  const move = (attachment: unknown): unknown => {
    const { lapses, deadline, ...rest } = attachment as { readonly lapses: number; readonly deadline?: number };
    return {
      ...rest,
      lapses: lapses + milliseconds,
      ...(deadline !== undefined && { deadline: deadline + milliseconds }),
    };
  };
  return { attachments: attachments.map(move), rows };
}

/** The ids of the subscriptions that are stored for a socket. */
export function subscriptionIdsOf({ attachments: [attachment], rows }: StoredSockets): readonly unknown[] {
  const { subscriptions } = attachment as { readonly subscriptions: string };
  const stored: unknown =
    rows.length > 0 ? rows.map((row) => JSON.parse(String(row["stored"]))) : JSON.parse(subscriptions);
  return (stored as readonly { readonly id: unknown }[]).map(({ id }) => id);
}

function toHeader(cookies: ReadonlyMap<string, string>): string {
  return Array.from(cookies, ([name, value]) => `${name}=${value}`).join("; ");
}

function keep(cookies: Map<string, string>, line: string): void {
  const [pair = "", ...attributes] = line.split("; ");
  const [name = "", value = ""] = pair.split("=");
  if (attributes.includes("Max-Age=0")) cookies.delete(name);
  else cookies.set(name, value);
}
