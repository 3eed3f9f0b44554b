import { createTRPCClient, createWSClient, httpLink, wsLink } from "@trpc/client";
import superjson from "superjson";
import { WebSocket as NodeWebSocket } from "ws";
import type { AppRouter } from "./app/router.js";

/** A user's browser: its cookies, and calls over HTTP to the current process. */
export async function signUp(port: () => number) {
  let cookie = "";
  const http = createTRPCClient<AppRouter>({
    links: [
      httpLink({
        url: "http://127.0.0.1/trpc",
        transformer: superjson,
        async fetch(url, init) {
          const at = new URL(String(url));
          at.port = String(port());
          const headers = {
            ...(init?.headers as Record<string, string>),
            origin: at.origin,
            ...(cookie && { cookie }),
          };
          const response = await fetch(at, { ...(init as RequestInit), headers });
          const lines = response.headers.getSetCookie().map((line) => line.split(";")[0]);
          if (lines.length > 0) cookie = lines.join("; ");
          return response;
        },
      }),
    ],
  });
  const email = `user-${crypto.randomUUID().slice(0, 8)}@example.com`;
  const { user } = await http.auth.signup.mutate({ email, password: "correct horse battery" });
  return { userId: user.id, email, http, cookie: () => cookie };
}

export type User = Awaited<ReturnType<typeof signUp>>;

/**
 * The stock client over a port that stays the same. It applies the events that it receives, and records errors in them.
 */
export function subscribe(user: User, port: number) {
  const rows = new Map<string, { readonly n: number; readonly note?: string }>();
  const problems: string[] = [];
  let events = 0;
  let connections = 0;
  let last = 0;
  const socket = createWSClient({
    url: `ws://127.0.0.1:${port}/trpc`,
    WebSocket: class extends NodeWebSocket {
      constructor(url: string | URL) {
        // Otherwise it waits for minutes for a connection, and half a minute for the answer to a close.
        const options = {
          handshakeTimeout: 1_000,
          closeTimeout: 100,
          headers: { origin: `http://127.0.0.1:${port}`, cookie: user.cookie() },
        };
        super(url, options);
        connections++;
      }
    } as unknown as typeof WebSocket,
    retryDelayMs: () => 20,
    // Detects a connection that delivers nothing any more.
    keepAlive: { enabled: true, intervalMs: 400, pongTimeoutMs: 400 },
  });
  const client = createTRPCClient<AppRouter>({ links: [wsLink({ client: socket, transformer: superjson })] });
  const started = Promise.withResolvers<void>();
  const subscription = client.changes.subscribe(undefined, {
    onStarted: () => started.resolve(),
    onData({ id, data }) {
      events++;
      const seq = Number.parseInt(id, 10);
      if (seq <= last) problems.push(`${data.type} @${seq} after @${last}`);
      last = seq;
      if (data.type === "reset") problems.push(`reset @${seq}`);
      else if (data.type === "delete") rows.delete(data.id);
      else rows.set(data.id, data.data);
    },
    onError: (error) => void problems.push(`ended: ${error.message}`),
  });
  return {
    rows,
    problems,
    started: started.promise,
    events: () => events,
    connections: () => connections,
    close(): void {
      subscription.unsubscribe();
      void socket.close();
    },
  };
}
