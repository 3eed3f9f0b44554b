import { createWSClient, wsLink, type Operation, type OperationLink, type TRPCClientRuntime } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import superjson from "superjson";
import { createCursorEncoder } from "./cursor-encoder.js";
import { createSocketClass } from "./create-socket-class.js";
import type { TokenKeeper } from "./token-keeper.js";
import { socketUrl } from "./socket-url.js";

export interface SocketLinksOptions {
  readonly url: string;
  readonly WebSocket: typeof WebSocket | undefined;
  /** The client's own tokens, if it keeps any. */
  readonly keeper: TokenKeeper | undefined;
  readonly runtime: TRPCClientRuntime;
  /** The server closed a socket because its session is over, or a socket cannot be opened. */
  readonly onRefused: () => void;
}

/** The session behind a socket is over. */
const SESSION_ENDED = 4401;

interface OwnersSocket {
  readonly link: OperationLink<AnyTRPCRouter>;
  close(): void;
}

/** How long an unused socket stays open, in milliseconds: a page that is left for another keeps it. */
const LINGER = 5_000;

/**
 * The sockets of a client: one for each owner, opened when the first subscription to it starts and closed when
 * the last one is gone.
 */
export function createSocketLinks({ url, WebSocket, keeper, runtime, onRefused }: SocketLinksOptions) {
  const owners = new Map<string | undefined, OwnersSocket>();
  let token: string | undefined;
  const SocketClass = createSocketClass(WebSocket, () => token);

  function open(organizationId: string | undefined): OwnersSocket {
    const client = createWSClient({
      // Asked at each connect: the page may have moved on by then.
      async url() {
        token = await keeper?.fresh();
        return socketUrl({ url, base: globalThis.location?.href, organizationId });
      },
      WebSocket: SocketClass,
      experimental_encoder: createCursorEncoder(),
      lazy: { enabled: true, closeMs: LINGER },
      keepAlive: { enabled: true, intervalMs: 30_000, pongTimeoutMs: 5_000 },
      retryDelayMs: delayWithJitter,
      onClose: (cause) => cause?.code === SESSION_ENDED && onRefused(),
      // A browser does not say why: it may be the network as well.
      onError: onRefused,
    });
    const link = wsLink<AnyTRPCRouter>({ client, transformer: superjson })(runtime);
    return { link, close: () => void client.close() };
  }

  return {
    /** The link for an operation: the socket of the owner that it goes to. */
    linkFor({ input }: Operation): OperationLink<AnyTRPCRouter> {
      const organizationId = organizationIdOf(input);
      const socket = owners.get(organizationId) ?? open(organizationId);
      owners.set(organizationId, socket);
      return socket.link;
    },

    /** Closes them all: whoever is signed in now gets new ones. */
    closeAll(): void {
      for (const socket of owners.values()) socket.close();
      owners.clear();
    },
  };
}

/** As on the server: the reserved input key says whose object a call goes to. */
function organizationIdOf(input: unknown): string | undefined {
  if (typeof input !== "object" || input === null || !("organizationId" in input)) return undefined;
  return typeof input.organizationId === "string" ? input.organizationId : undefined;
}

/** Doubles up to half a minute; the jitter keeps a thousand clients from coming back in the same moment. */
function delayWithJitter(attempt: number): number {
  const longest = attempt === 0 ? 100 : Math.min(1_000 * 2 ** attempt, 30_000);
  return longest / 2 + (Math.random() * longest) / 2;
}
