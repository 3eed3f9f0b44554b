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
const RELOAD_AFTER = 2_000;

/**
 * The sockets of a client: one for each owner, opened when the first subscription to it starts and closed when
 * the last one is gone. While nobody is signed in there are none, and the subscriptions wait.
 */
export function createSocketLinks(options: SocketLinksOptions) {
  const { sessions, watch, flushes } = options;
  const owners = new Map<string | undefined, OwnersSocket>();
  const mayConnect = (): boolean => !watch.isOver();

  function open(organizationId: string | undefined): OwnersSocket {
    const session = sessions.current();
    let opened: OwnerSocket | undefined;
    let isClosed = false;
    // What the socket of the user before still does says nothing of this one's.
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
        onRefused: (reason) => leave(organizationId, reason),
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
              if (isCurrent()) flushes.closed(organizationId);
              const error = TRPCClientError.from<AnyTRPCRouter>(cause);
              observer.next({ result: { type: "state", state: "connecting", error }, context: chain.op.context });
              setTimeout(() => void start(), RELOAD_AFTER);
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
