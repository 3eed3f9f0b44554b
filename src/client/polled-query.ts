import type { Operation, TRPCClientError } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";

/** A live query while its socket may be unavailable. */
export interface PolledQuery {
  readonly op: Operation;
  /** The result that was read last over HTTP, as text. `undefined` if the socket has delivered one since. */
  polled?: string | undefined;
  onResult(data: unknown): void;
  onError(error: TRPCClientError<AnyTRPCRouter>): void;
  /** Called when polling starts to keep the query current, and when it does not succeed any more. */
  onPolling(isPolling: boolean): void;
}

/** What a state of the connection has in addition to tRPC's own. */
export interface PollingState {
  /** Whether the query is kept current over HTTP meanwhile. */
  readonly polling?: boolean;
}

/** What an event of a live query has in addition to the server's. */
export interface PolledEvent {
  /** Whether its result was read over HTTP. */
  readonly polled?: boolean;
}
