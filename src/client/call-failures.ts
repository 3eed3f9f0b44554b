import type { TRPCClientError, OperationLink } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import type { Observer, Unsubscribable, inferObservableValue } from "@trpc/server/observable";
import type { ErrorReason } from "../shared/error-reason.js";
import type { CALL as CALL_KEY, SessionCall } from "./client-sessions.js";
import type { ClientState } from "./client-state.js";
import { isOffline, OFFLINE } from "./explain-cause.js";

// The code for failed calls, loaded by `failure-loader.ts`. It imports only types from the first chunk: a bundler would split that
// chunk because of a module that both need.

export { explain } from "./explain-cause.js";

type Link = OperationLink<AnyTRPCRouter>;
type ClientError = TRPCClientError<AnyTRPCRouter>;

/** The key in an error's `meta` that marks a call which was sent again in vain. */
export const RETRIED = "userdo.retried";

/** An import of the value would be from the first chunk. */
const CALL: typeof CALL_KEY = "userdo.sessionCall";
const NOT_REPEATABLE = "NOT_REPEATABLE" satisfies ErrorReason;

/** The upper bound of the pause before the first retry, in milliseconds. Each further one doubles it. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/** A response of any platform's fetch; for a failed request, the error of fetch. */
interface Reply {
  readonly status?: number;
  readonly headers?: { get?(name: string): string | null };
}

/** The members of an error's data that show whether the same call can succeed later. */
interface ErrorData {
  readonly httpStatus?: unknown;
  readonly reason?: unknown;
  /** How long the server asks the client to wait, in seconds. */
  readonly retryAfter?: unknown;
}

export interface RetryOptions {
  readonly link: Link;
  readonly chain: Parameters<Link>[0];
  readonly observer: Observer<inferObservableValue<ReturnType<Link>>, ClientError>;
  /** The error of the first attempt. */
  readonly error: ClientError;
  readonly state: ClientState;
}

/**
 * Sends a call again while its errors are temporary. The pauses are random, so that the pages of many users do not retry at the
 * same moment. Returns the function that ends the call.
 */
export function retry(options: RetryOptions): () => void {
  const { link, chain, observer, state } = options;
  const { retries = 4, onRetryStatus } = state.options;
  const { signal, context } = chain.op;
  const { attempt } = context[CALL] as SessionCall;
  let attempts = 0;
  let previous = options.error;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: Unsubscribable | undefined;

  function report(by: number, error: Error | undefined): void {
    const calls = (state.retryStatus?.calls ?? 0) + by;
    const status = { calls, error: calls > 0 ? error : undefined };
    state.retryStatus = status;
    state.retries.emit(status);
    onRetryStatus?.(status);
  }

  // tRPC's client converts the error.
  const onAbort = (): void => observer.error(signal?.reason as ClientError);

  function onError(latest: ClientError): void {
    // A refused retry had no effect. The error before it says what is known of the call.
    const isRefused = (latest.data as ErrorData | null | undefined)?.reason === NOT_REPEATABLE;
    const error = isRefused ? previous : latest;
    previous = error;
    const pause = Math.random() * Math.min(FIRST_PAUSE_MS * 2 ** attempts, LONGEST_PAUSE_MS);
    const asked = isRefused ? undefined : waitOf(error);
    if (attempts >= retries || asked === undefined || signal?.aborted) {
      // TanStack Query continues a query itself when the network is back.
      if (attempts > 0 && !isOffline()) error.meta = { ...error.meta, [RETRIED]: true };
      return observer.error(error);
    }
    if (attempts === 0) signal?.addEventListener("abort", onAbort);
    report(attempts++ === 0 ? 1 : 0, error);
    timer = setTimeout(() => {
      // The error of an attempt without a network would not say that an earlier one may have arrived.
      if (isOffline()) onError(error);
      else {
        if (attempt) attempt.isRetry = true;
        running = link(chain).subscribe({ ...observer, error: onError });
      }
    }, asked + pause);
    return undefined;
  }

  onError(options.error);
  return () => {
    clearTimeout(timer);
    running?.unsubscribe();
    signal?.removeEventListener("abort", onAbort);
    if (attempts > 0) report(-1, state.retryStatus?.error);
  };
}

/** Returns how long to wait at least before a call is sent again, in milliseconds; `undefined` for an error that is permanent. */
function waitOf({ message, shape, data, meta, cause }: ClientError): number | undefined {
  const { httpStatus, reason, retryAfter } = (data ?? {}) as ErrorData;
  // tRPC adds its own response, and `explain` adds a proxy's response or the error of fetch, which has no status.
  const reply = (meta?.["response"] ?? cause?.cause) as Reply | undefined;
  const status = shape ? httpStatus : reply && (reply.status ?? 503);
  const isTemporary = /^50[234]$/.test(String(status)) || reason === "OBJECT_OVERLOADED";
  if (!isTemporary || message === OFFLINE) return undefined;
  const header = shape ? undefined : reply?.headers?.get?.("retry-after");
  const given = String(retryAfter ?? header ?? 0);
  // The header contains seconds or a date.
  const wait = Number(given) * 1_000 || Date.parse(given) - Date.now() || 0;
  return wait > LONGEST_PAUSE_MS ? undefined : Math.max(0, wait);
}
