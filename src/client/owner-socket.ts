import type { createWSClient, TRPCClientError, TRPCClientRuntime, wsLink } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import type { observable } from "@trpc/server/observable";
import type superjson from "superjson";
import { ClientSocket } from "./client-socket.js";
import { CLOSE_NOT_A_MEMBER, CLOSE_SESSION_ENDED, CLOSE_SUSPENDED } from "../shared/close-codes.js";
import { createCursorEncoder } from "./cursor-encoder.js";
import type { APP as OF_APP } from "./procedure-owners.js";
import type { WriteAcks } from "./write-acks.js";
import { createLiveDeltas } from "./live-deltas.js";
import { createLiveFallback } from "./live-fallback.js";
import { onNetworkEvent, type NetworkEvent } from "./network-events.js";
import { prepareConnection, type PlatformSocket } from "./open-connection.js";
import { createOwnerLink } from "./owner-link.js";
import { createRetryDelay } from "./retry-delay.js";
import type { SessionWatch } from "./session-watch.js";
import type { SocketClass } from "./socket-class.js";
import { readSocketCredentials, type SocketCredentialsOptions } from "./socket-credentials.js";
import { socketUrl } from "./socket-url.js";

/**
 * The parts of tRPC and superjson that this module uses. The module imports only files that no other file imports: a bundler
 * would split the first chunk because of a module that both chunks need.
 */
export interface SocketLibrary {
  readonly createWSClient: typeof createWSClient;
  readonly wsLink: typeof wsLink;
  readonly observable: typeof observable;
  readonly TRPCClientError: typeof TRPCClientError;
  readonly superjson: typeof superjson;
}

/** The settings that the sockets of all owners share. */
export interface OwnerSocketSettings extends Pick<SocketCredentialsOptions, "headers" | "tokenLoader" | "call"> {
  readonly url: string;
  /**
   * How often live queries are read over HTTP while the socket does not work, in seconds.
   * @default 5
   */
  readonly pollInterval?: number | false;
  /** @default the global WebSocket */
  readonly WebSocket?: SocketClass;
  readonly runtime: TRPCClientRuntime;
  readonly watch: SessionWatch;
  readonly acks: WriteAcks;
}

export interface OwnerSocketOptions
  extends SocketLibrary, OwnerSocketSettings, Pick<SocketCredentialsOptions, "session" | "owner"> {
  /** Whether the owner has no newer socket. Events of the previous user's socket are then ignored. */
  readonly isCurrent: () => boolean;
  readonly mayConnect: () => boolean;
  /** Called when the user is not a member of the organization, so that a retry cannot succeed. */
  readonly onRefused: (reason: TRPCClientError<AnyTRPCRouter>) => void;
}

/** An import of the value would split the chunk that a page loads first. */
const APP: typeof OF_APP = "app:";

/** How long a connection may take to open, in milliseconds. A plain WebSocket would wait for minutes. */
const CONNECTION_TIMEOUT_MS = 10_000;

/** How long the server may take to respond to a check after the page was away, in milliseconds. */
const CHECK_TIMEOUT_MS = 750;

/** How long the server may take to respond to a check after the socket did not deliver the page's writes, in milliseconds. */
const LATE_CHECK_TIMEOUT_MS = 5_000;

/** How long an unused socket stays open, in milliseconds, so that the next page of the app can use it. */
const LINGER_MS = 5_000;

/**
 * Creates the socket of one owner, with tRPC's client on it. The module is loaded with the first subscription, with all code
 * that only sockets need.
 */
export function createOwnerSocket(options: OwnerSocketOptions) {
  const { url, owner, WebSocket: implementation, call, watch, acks, isCurrent } = options;
  const { observable, superjson, TRPCClientError, pollInterval = 5 } = options;
  const retryDelay = createRetryDelay();
  const fallback = createLiveFallback({
    interval: pollInterval && pollInterval * 1000,
    stringify: superjson.stringify,
    onRound: () => acks.beginRound(owner),
    read({ op }) {
      const { path, input } = op.input as { readonly path: string; readonly input: unknown };
      return call({ type: "query", path, input });
    },
  });
  let socket: ClientSocket | undefined;
  let isClosed = false;
  /** The cause of a missing connection, if it is known. */
  let failure: Error | undefined;

  async function prepare(target: string): Promise<() => PlatformSocket> {
    const { headers, ticket, user } = await readSocketCredentials(options);
    const address = socketUrl({
      url: target,
      base: globalThis.document?.baseURI ?? globalThis.location?.href,
      owner,
      user,
    });
    return prepareConnection({ url: address, implementation, headers, ticket });
  }

  class OwnersClientSocket extends ClientSocket {
    constructor(target: string) {
      super({
        timeout: CONNECTION_TIMEOUT_MS,
        prepare: () =>
          prepare(target).catch((cause: unknown) => {
            if (cause instanceof Error) failure = cause;
            throw cause;
          }),
        onResponse() {
          failure = undefined;
          retryDelay.reset();
          fallback.up();
          if (isCurrent()) acks.opened(owner);
        },
      });
      follow(this);
    }
  }

  function follow(opened: ClientSocket): void {
    socket = opened;
    // A browser's event does not contain the error.
    opened.addEventListener("error", ({ error }: { readonly error?: Error }) => (failure = error ?? failure));
  }

  const deltas = createLiveDeltas({
    transformer: superjson,
    // A new connection subscribes again. Without a last result, the server sends a whole one.
    onLost: () => socket?.fail(new Error("The server sent changes of a result that the client does not have.")),
  });
  const client = options.createWSClient({
    // Called for each connection. Meanwhile the socket may no longer be needed.
    async url() {
      await retryDelay.wait();
      if (isClosed || !options.mayConnect()) throw new Error("The client does not need this socket any more.");
      return url;
    },
    // tRPC's client uses the part of a WebSocket that this class has.
    WebSocket: OwnersClientSocket as unknown as typeof WebSocket,
    experimental_encoder: createCursorEncoder({
      onFlushed: (cursor) => acks.flushed(owner, cursor),
      startsAnew: fallback.isPolled,
      deltas,
    }),
    lazy: { enabled: true, closeMs: LINGER_MS },
    keepAlive: { enabled: true, intervalMs: 30_000, pongTimeoutMs: 5_000 },
    retryDelayMs: retryDelay.beforeReconnect,
    onOpen: watch.onSignedIn,
    onClose: (cause) => onClose(cause?.code),
    // A browser does not report the cause. It may also be the network.
    onError() {
      if (isClosed) return;
      watch.check();
      void endIfRefused();
    },
  });
  const transformer = {
    input: superjson,
    output: { serialize: superjson.serialize, deserialize: deltas.deserialize },
  };
  const socketLink = options.wsLink<AnyTRPCRouter>({ client, transformer })(options.runtime);

  function onClose(code: number | undefined): void {
    if (isClosed) return;
    fallback.down();
    if (isCurrent()) acks.closed(owner);
    if (code === CLOSE_SESSION_ENDED || code === CLOSE_SUSPENDED) watch.check();
    if (code === CLOSE_NOT_A_MEMBER) void endIfRefused();
  }

  let isChecking = false;

  /** Subscriptions to an organization end when the user is not a member. */
  async function endIfRefused(): Promise<void> {
    if (owner === undefined || owner === APP || isChecking || !isCurrent()) return;
    isChecking = true;
    try {
      await call({ type: "query", path: "organizations.get", input: { organizationId: owner } });
    } catch (error) {
      const isForbidden =
        error instanceof TRPCClientError && (error.data as { code?: unknown } | null)?.code === "FORBIDDEN";
      // Meanwhile another user may have opened a socket to the organization.
      if (isForbidden && isCurrent()) options.onRefused(error);
    }
    isChecking = false;
  }

  /** tRPC's own error only says that the socket was closed. */
  function explained(error: TRPCClientError<AnyTRPCRouter>): TRPCClientError<AnyTRPCRouter> {
    return failure ? TRPCClientError.from(failure) : error;
  }

  const setState = (state: "connecting" | "pending"): void =>
    client.connectionState.next({ type: "state", state, error: null });

  /** Checks the connection. Its state is `connecting` until the server responds. */
  function check(timeout: number): void {
    if (socket?.check(timeout, () => setState("pending"))) setState("connecting");
  }

  function onEvent(event: NetworkEvent): void {
    // The connection may still work, but that is not certain.
    if (event === "offline") return socket?.readyState === OwnersClientSocket.OPEN ? setState("connecting") : undefined;
    retryDelay.reset();
    fallback.pollNow();
    // After the network came back, a new connection takes less time than a check that fails.
    if (event === "online") return socket?.fail(new Error("The network was lost."));
    return check(CHECK_TIMEOUT_MS);
  }

  // Called when the socket has not delivered this client's writes.
  acks.setPoller(owner, (hasWritten) => {
    fallback.pollNow(hasWritten);
    check(LATE_CHECK_TIMEOUT_MS);
  });

  let stopListening: (() => void) | undefined;
  let subscriptions = 0;
  const hasWebSocket = implementation !== undefined || globalThis.WebSocket !== undefined;

  function onStart(): () => void {
    if (subscriptions++ === 0) stopListening = onNetworkEvent(onEvent);
    // A new subscription connects at once.
    retryDelay.reset();
    if (!hasWebSocket) {
      fallback.down(true);
      acks.closed(owner);
    }
    return () => {
      if (--subscriptions === 0) stopListening?.();
    };
  }

  return {
    link: createOwnerLink({
      observable,
      TRPCClientError: TRPCClientError<AnyTRPCRouter>,
      socketLink: hasWebSocket ? socketLink : undefined,
      fallback,
      onStart,
      explained,
    }),

    close(): void {
      isClosed = true;
      fallback.up();
      retryDelay.reset();
      void client.close();
    },
  };
}

export type OwnerSocket = ReturnType<typeof createOwnerSocket>;
