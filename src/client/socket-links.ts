import { TRPCClientError, createWSClient, wsLink, type Operation, type OperationLink } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { observable } from "@trpc/server/observable";
import superjson from "superjson";
import type { ClientSessions } from "./client-sessions.js";
import { organizationIdOf } from "./organization-id-of.js";
import type { OwnerSocket, OwnerSocketSettings } from "./owner-socket.js";
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
  const owners = new Map<string | undefined, OwnersSocket>();
  const mayConnect = (): boolean => !watch.isSignedOut();

  function open(organizationId: string | undefined): OwnersSocket {
    const session = sessions.current();
    let opened: OwnerSocket | undefined;
    let isClosed = false;
    // Events of the previous user's socket are ignored.
    const isCurrent = (): boolean => owners.get(organizationId) === socket;

    async function load(): Promise<OwnerSocket> {
      const { createOwnerSocket } = await import("./owner-socket.js");
      return (opened ??= createOwnerSocket({
        createWSClient,
        wsLink,
        observable,
        TRPCClientError,
        superjson,
        ...options,
        organizationId,
        session,
        isCurrent,
        mayConnect,
        onRefused: (reason) => refuse(organizationId, reason),
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
              if (isCurrent()) acks.closed(organizationId);
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
  function refuse(organizationId: string | undefined, reason: TRPCClientError<AnyTRPCRouter>): void {
    const socket = owners.get(organizationId);
    owners.delete(organizationId);
    running.fail((op) => organizationIdOf(op.input) === organizationId, reason);
    socket?.close();
  }

  /** Returns the link for an operation, which uses the socket of its owner. */
  function linkFor({ input }: Operation): OperationLink<AnyTRPCRouter> {
    const organizationId = organizationIdOf(input);
    const socket = owners.get(organizationId) ?? open(organizationId);
    owners.set(organizationId, socket);
    return socket.link;
  }

  const running = createRunningSubscriptions({
    linkFor,
    mayConnect,
    onRun: ({ path, input }) => (path === "_live" ? acks.begin(organizationIdOf(input)) : () => {}),
  });

  return {
    link: running.link,

    /** Replaces all sockets after a change of sign-in, because a socket belongs to the user who opened it. */
    restart(): void {
      running.stop();
      acks.reset();
      for (const socket of owners.values()) socket.close();
      owners.clear();
      running.start();
    },
  };
}
