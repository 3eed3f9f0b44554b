import type { OperationLink, TRPCClientError } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import type { observable, Unsubscribable } from "@trpc/server/observable";
import type { LiveFallback } from "./live-fallback.js";
import { NO_WEBSOCKET } from "./open-connection.js";
import type { PolledEvent, PolledQuery, PollingState } from "./polled-query.js";

type Link = OperationLink<AnyTRPCRouter>;
type SocketError = TRPCClientError<AnyTRPCRouter>;

export interface OwnerLinkOptions {
  readonly observable: typeof observable;
  readonly TRPCClientError: new (message: string) => SocketError;
  /** tRPC's link over the socket; `undefined` in a runtime without WebSocket. */
  readonly socketLink: Link | undefined;
  readonly fallback: LiveFallback;
  /** Called for each subscription that starts. Returns the function to call when it ends. */
  readonly onStart: () => () => void;
  /** Replaces an error of tRPC's client by the reason, if that is known. */
  readonly explained: (error: SocketError) => SocketError;
}

interface Polled extends PolledEvent {
  readonly id: string;
  readonly data: unknown;
}

/** The message with which tRPC's client ends a subscription if the socket is closed before it is sent. */
const NOT_SENT = "Active connection is not open";

/** The time before such a subscription is started again, in milliseconds. */
const START_AGAIN_AFTER = 250;

/** The link for subscriptions to one owner. Live queries are also kept current while the socket does not work. */
export function createOwnerLink(options: OwnerLinkOptions): Link {
  const { observable, TRPCClientError, socketLink, fallback, onStart, explained } = options;

  return (chain) =>
    observable((observer) => {
      const { op } = chain;
      const { context } = op;
      const isLive = op.path === "_live";
      let running: Unsubscribable | undefined;
      let timer: ReturnType<typeof setTimeout> | undefined;

      const query: PolledQuery = {
        op,
        onResult: (data) =>
          observer.next({ result: { type: "data", data: { id: "", data, polled: true } satisfies Polled }, context }),
        onError: observer.error,
        onPolling(polling) {
          const error = explained(new TRPCClientError("The socket could not be opened."));
          const state = { type: "state", state: "connecting", error, polling } as const;
          observer.next({ result: state satisfies PollingState, context });
        },
      };

      const start = (link: Link): void => {
        running = link(chain).subscribe({
          next(value) {
            const { result } = value;
            if (result.type === "data" || result.type === undefined) query.polled = undefined;
            if (result.type !== "state" || result.state !== "connecting") return observer.next(value);
            const state: typeof result & PollingState = { ...result, polling: fallback.isPolling() };
            if (state.error) state.error = explained(state.error);
            return observer.next({ ...value, result: state });
          },
          error(error) {
            if (error.message === NOT_SENT) timer = setTimeout(start, START_AGAIN_AFTER, link);
            else observer.error(error);
          },
          complete: observer.complete,
        });
      };

      if (!socketLink && !isLive) {
        observer.error(new TRPCClientError(NO_WEBSOCKET));
        return undefined;
      }
      const ends = [...(isLive ? [fallback.add(query)] : []), onStart()];
      if (socketLink) start(socketLink);
      return () => {
        clearTimeout(timer);
        running?.unsubscribe();
        for (const end of ends) end();
      };
    });
}
