import type { Operation, TRPCClientError } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";

/** A live query while its socket may be unavailable. */
export interface PolledQuery {
  readonly op: Operation;
  /** The serialized result that was last read over HTTP. `undefined` if the socket has delivered one since. */
  polled?: string | undefined;
  onResult(data: unknown): void;
  onError(error: TRPCClientError<AnyTRPCRouter>): void;
  /** Called when polling starts to succeed, and when it stops. */
  onPolling(isPolling: boolean): void;
}

/** Additional members of tRPC's connection state. */
export interface PollingState {
  /** Whether the query is polled over HTTP meanwhile. */
  readonly polling?: boolean;
}

/** Additional members of an event of a live query. */
export interface PolledEvent {
  /** Whether its result was read over HTTP. */
  readonly polled?: boolean;
}
