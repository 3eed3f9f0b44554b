import {
  TRPCClientError,
  createWSClient,
  wsLink,
  type Operation,
  type OperationLink,
  type TRPCClientRuntime,
} from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import superjson from "superjson";
import { CLOSE_NO_MEMBER, CLOSE_SESSION_ENDED } from "../shared/close-codes.js";
import { sessionChangedError, type ClientSessions } from "./client-sessions.js";
import { createSocketClass } from "./create-socket-class.js";
import type { Flushes } from "./flushes.js";
import { createLazyCursorEncoder } from "./lazy-cursor-encoder.js";
import { organizationIdOf } from "./organization-id-of.js";
import { createRunningSubscriptions } from "./running-subscriptions.js";
import type { SessionWatch } from "./session-watch.js";
import type { SocketClass } from "./socket-class.js";
import type { TokenLoader } from "./token-loader.js";

export interface SocketLinksOptions {
  readonly url: string;
  readonly WebSocket: SocketClass | undefined;
  /** Loads the client's own tokens, if it keeps any. */
  readonly tokenLoader: TokenLoader | undefined;
  /** A socket belongs to the session in which it was opened. */
  readonly sessions: ClientSessions;
  readonly runtime: TRPCClientRuntime;
  /** Told of sockets that open, and of those that are refused. */
  readonly watch: SessionWatch;
  /** How the server refuses the user an organization; `undefined` when it does not, or cannot be asked. */
  readonly refusalOf: (organizationId: string) => Promise<TRPCClientError<AnyTRPCRouter> | undefined>;
  /** Told when a flush is complete, and what wants to know. */
  readonly flushes: Flushes;
}

interface OwnersSocket {
  readonly link: OperationLink<AnyTRPCRouter>;
  close(): void;
}

/** How long an unused socket stays open, in milliseconds: a page that is left for another keeps it. */
const LINGER = 5_000;

/**
 * The sockets of a client: one for each owner, opened when the first subscription to it starts and closed when
 * the last one is gone. While nobody is signed in there are none, and the subscriptions wait.
 */
export function createSocketLinks(options: SocketLinksOptions) {
  const { url, WebSocket, tokenLoader, sessions, runtime, watch, refusalOf, flushes } = options;
  const owners = new Map<string | undefined, OwnersSocket>();
  const mayConnect = (): boolean => !watch.isOver();

  function open(organizationId: string | undefined): OwnersSocket {
    const session = sessions.current();
    let token: string | undefined;
    let noHeaders = "";
    const socketClass = createSocketClass({ implementation: WebSocket, token: () => token });
    const cursorEncoder = createLazyCursorEncoder((cursor) => flushes.flushed(organizationId, cursor));
    const client = createWSClient({
      // Asked at each connect: the page may have moved on by then.
      async url() {
        if (!mayConnect()) throw new Error("Nobody is signed in.");
        const [tokens, module] = await Promise.all([
          tokenLoader?.load().then((loaded) => loaded.fresh(session)),
          socketClass.load(),
          cursorEncoder.load(),
        ]);
        if (session.isOver) throw sessionChangedError();
        token = tokens?.accessToken;
        const { user } = tokenLoader ? {} : session;
        noHeaders = module.NO_HEADERS;
        return module.socketUrl({ url, base: globalThis.location?.href, organizationId, user });
      },
      WebSocket: socketClass.WebSocket,
      experimental_encoder: cursorEncoder,
      lazy: { enabled: true, closeMs: LINGER },
      keepAlive: { enabled: true, intervalMs: 30_000, pongTimeoutMs: 5_000 },
      retryDelayMs: delayWithJitter,
      onOpen() {
        if (isCurrent()) flushes.opened(organizationId);
        watch.seen();
      },
      onClose(cause) {
        if (isCurrent()) flushes.closed(organizationId);
        if (cause?.code === CLOSE_SESSION_ENDED) watch.suspect();
        if (cause?.code === CLOSE_NO_MEMBER) void leaveIfRefused(organizationId);
      },
      // A browser does not say why: it may be the network as well.
      onError() {
        if (!socketClass.takesHeaders()) {
          if (isCurrent()) leave(organizationId, new TRPCClientError(noHeaders));
          return;
        }
        watch.suspect();
        void leaveIfRefused(organizationId);
      },
    });
    const socket: OwnersSocket = {
      link: wsLink<AnyTRPCRouter>({ client, transformer: superjson })(runtime),
      close: () => void client.close(),
    };
    // What the socket of the user before still does says nothing of this one's.
    const isCurrent = (): boolean => owners.get(organizationId) === socket;
    return socket;
  }

  const asking = new Set<string>();

  /** What listens to an organization that the user is no member of ends: trying again would not help. */
  async function leaveIfRefused(organizationId: string | undefined): Promise<void> {
    const socket = owners.get(organizationId);
    if (organizationId === undefined || !socket || asking.has(organizationId)) return;
    asking.add(organizationId);
    const refusal = await refusalOf(organizationId);
    asking.delete(organizationId);
    // Meanwhile it may be another user's.
    if (refusal && owners.get(organizationId) === socket) leave(organizationId, refusal);
  }

  /** Ends what listens to an owner. */
  function leave(organizationId: string | undefined, reason: TRPCClientError<AnyTRPCRouter>): void {
    const socket = owners.get(organizationId);
    owners.delete(organizationId);
    running.fail((op) => organizationIdOf(op.input) === organizationId, reason);
    socket?.close();
  }

  /** The link for an operation: the socket of the owner that it goes to. */
  function linkFor({ input }: Operation): OperationLink<AnyTRPCRouter> {
    const organizationId = organizationIdOf(input);
    const socket = owners.get(organizationId) ?? open(organizationId);
    owners.set(organizationId, socket);
    return socket.link;
  }

  const running = createRunningSubscriptions({
    linkFor,
    mayConnect,
    onRun: ({ path, input }) => (path === "_live" ? flushes.begin(organizationIdOf(input)) : () => {}),
  });

  return {
    link: running.link,

    /** A socket keeps the caller it was opened by: whoever is signed in now gets new ones, and nobody gets none. */
    startAgain(): void {
      running.stop();
      flushes.forget();
      for (const socket of owners.values()) socket.close();
      owners.clear();
      running.start();
    },
  };
}

/**
 * Doubles up to half a minute; the jitter keeps a thousand clients from coming back in the same moment. Without a
 * network nobody is asked, so it is tried more often, and the page is back within a second of the network.
 */
function delayWithJitter(attempt: number): number {
  const highest = globalThis.navigator?.onLine === false ? 1_000 : 30_000;
  const longest = attempt === 0 ? 100 : Math.min(1_000 * 2 ** attempt, highest);
  return longest / 2 + (Math.random() * longest) / 2;
}
