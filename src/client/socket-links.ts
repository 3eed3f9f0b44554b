import { TRPCClientError, createWSClient, wsLink, type Operation, type OperationLink } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { observable } from "@trpc/server/observable";
import superjson from "superjson";
import type { ClientSessions } from "./client-sessions.js";
import type { OwnerSocket, OwnerSocketSettings } from "./owner-socket.js";
import type { OwnerKey } from "./procedure-owners.js";
import { createRunningSubscriptions } from "./running-subscriptions.js";

export interface SocketLinksOptions extends OwnerSocketSettings {
  /** A socket belongs to the session in which it was opened. */
  readonly sessions: ClientSessions;
}

interface OwnersSocket {
  readonly link: OperationLink<AnyTRPCRouter>;
  close(): void;
}

/** How long the client waits before it loads the module of sockets again, in milliseconds. */
const RELOAD_AFTER_MS = 2_000;

/**
 * Manages the sockets of a client: one for each owner, opened with the first subscription and closed after the last one. While
 * nobody is signed in there are no sockets, and the subscriptions wait.
 */
export function createSocketLinks(options: SocketLinksOptions) {
  const { sessions, watch, acks } = options;
  const sockets = new Map<OwnerKey, OwnersSocket>();
  const mayConnect = (): boolean => !watch.isSignedOut();

  function open(owner: OwnerKey): OwnersSocket {
    const session = sessions.current();
    let opened: OwnerSocket | undefined;
    let isClosed = false;
    // Events of the previous user's socket are ignored.
    const isCurrent = (): boolean => sockets.get(owner) === socket;

    async function load(): Promise<OwnerSocket> {
      const { createOwnerSocket } = await import("./owner-socket.js");
      return (opened ??= createOwnerSocket({
        createWSClient,
        wsLink,
        observable,
        TRPCClientError,
        superjson,
        ...options,
        owner,
        session,
        isCurrent,
        mayConnect,
        onRefused: (reason) => refuse(owner, reason),
      }));
    }

    /** Starts a subscription as soon as the module is loaded. */
    const link: OperationLink<AnyTRPCRouter> = (chain) =>
      observable((observer) => {
        let isEnded = false;
        let end = (): void => {};
        const start = (): Promise<void> =>
          load().then(
            (loaded) => {
              if (isEnded || isClosed) return;
              const subscription = loaded.link(chain).subscribe(observer);
              end = () => subscription.unsubscribe();
            },
            (cause: Error) => {
              if (isEnded || isClosed) return;
              if (isCurrent()) acks.closed(owner);
              const error = TRPCClientError.from<AnyTRPCRouter>(cause);
              observer.next({ result: { type: "state", state: "connecting", error }, context: chain.op.context });
              setTimeout(() => void start(), RELOAD_AFTER_MS);
            },
          );
        void start();
        return () => {
          isEnded = true;
          end();
        };
      });
    const socket: OwnersSocket = {
      link,
      close() {
        isClosed = true;
        opened?.close();
      },
    };
    return socket;
  }

  /** Ends the subscriptions to an owner that has refused the user. */
  function refuse(owner: OwnerKey, reason: TRPCClientError<AnyTRPCRouter>): void {
    const socket = sockets.get(owner);
    sockets.delete(owner);
    running.fail((op) => acks.ownerOf(op) === owner, reason);
    socket?.close();
  }

  /** Returns the link for an operation, which uses the socket of its owner. */
  function linkFor(op: Operation): OperationLink<AnyTRPCRouter> {
    const owner = acks.ownerOf(op);
    const socket = sockets.get(owner) ?? open(owner);
    sockets.set(owner, socket);
    return socket.link;
  }

  const running = createRunningSubscriptions({
    linkFor,
    mayConnect,
    onRun: (op) => (op.path === "_live" ? acks.begin(acks.ownerOf(op)) : undefined),
    learn: acks.learn,
  });

  return {
    link: running.link,

    /** Replaces all sockets after a change of sign-in, because a socket belongs to the user who opened it. */
    restart(): void {
      running.stop();
      acks.reset();
      for (const socket of sockets.values()) socket.close();
      sockets.clear();
      running.start();
    },
  };
}
