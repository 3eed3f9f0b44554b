import type { TRPCClientError, OperationLink } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import type { Observer, Unsubscribable, inferObservableValue } from "@trpc/server/observable";
import type { ClientState } from "./client-state.js";

// The code for failed calls, loaded by `failure-loader.ts`. It imports only types: a bundler would split the first chunk because
// of a module that both chunks need.

type Link = OperationLink<AnyTRPCRouter>;
type ClientError = TRPCClientError<AnyTRPCRouter>;

const MAYBE_SAVED = "Your change may have been saved.";
const OFFLINE = "There is no network, so this was not sent.";
const RELATIVE = "`url` is relative, but there is no page. Pass an absolute `url`.";
// A browser does not report that it blocked a response.
const CORS = ", or CORS blocked its response (`allowedOrigins`)";
const LOST = `The connection was lost. ${MAYBE_SAVED}`;

const isOffline = (): boolean => globalThis.navigator?.onLine === false;

/** A response of any platform's fetch; for a failed request, the error of fetch. */
interface Reply {
  readonly status?: number;
  readonly headers?: { get?(name: string): string | null };
}

/**
 * Returns the error that explains why there is no response from tRPC. `cause` is fetch's own error, or a response from a proxy.
 * Without `url`, a part of a response has arrived.
 */
export function explain(cause: unknown, url?: unknown, wasOnline?: boolean): Error {
  const { name = "", status, json } = cause as { readonly name?: string } & Partial<Response>;
  // The caller ended the request, or a time limit of the app's own fetch did.
  if (/^(Abort|Timeout)/.test(name)) return cause as Error;
  if (json) {
    const message = `A proxy answered instead of tRPC (HTTP ${status}), or \`url\` is wrong. ${MAYBE_SAVED}`;
    return new Error(message, { cause });
  }
  if (url === undefined) return new Error(LOST, { cause });
  const address = String(url);
  const page = globalThis.location;
  // Without a cause, the call is not sent again.
  if (!page && !address.includes("://")) return new Error(RELATIVE);
  const isForeign = page && address.includes("//") && !address.startsWith(page.origin + "/");
  const unreachable = `The server could not be reached${isForeign ? CORS : ""}. ${MAYBE_SAVED}`;
  // A request that was sent before the network was lost may have arrived.
  return new Error(wasOnline === false ? OFFLINE : isOffline() ? LOST : unreachable, { cause });
}

/** The key in an error's `meta` that marks a call which was sent again in vain. */
export const RETRIED = "userdo.retried";

/** The upper bound of the pause before the first retry, in milliseconds. Each further one doubles it. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

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
  const { signal } = chain.op;
  let attempts = 0;
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

  function onError(error: ClientError): void {
    const pause = Math.random() * Math.min(FIRST_PAUSE_MS * 2 ** attempts, LONGEST_PAUSE_MS);
    const asked = waitOf(error);
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
      else running = link(chain).subscribe({ ...observer, error: onError });
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
