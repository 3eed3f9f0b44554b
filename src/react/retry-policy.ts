import { TRPCClientError } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import type { RETRIED as MARK } from "../client/call-failures.js";

/** The number of retries of a query. */
const RETRIES = 3;

/** The longest wait before a retry, in milliseconds. If the server asks for a longer one, the error is shown at once. */
const LONGEST_WAIT_MS = 60_000;

/** Marks the error of a call that the client has sent again until it gave up. */
const RETRIED: typeof MARK = "userdo.retried";

/** tRPC's numbers for the statuses 408, 429 and 5xx. */
const RETRYABLE: readonly unknown[] = [-32_008, -32_029, -32_603];

/** The codes of errors that can have a `Retry-After`. */
const WAITING: readonly unknown[] = ["TOO_MANY_REQUESTS", "SERVICE_UNAVAILABLE"];

/** The members of a tRPC error's shape that show whether the same call can succeed later. */
interface Shape {
  readonly code?: unknown;
  readonly data?: { readonly code?: unknown; readonly retryAfter?: unknown } | null;
}

/** A response of any platform's fetch. */
interface Reply {
  readonly status?: number;
  readonly headers?: { get?(name: string): string | null };
}

/**
 * Whether a failed query is sent again. Errors such as NOT_FOUND or BAD_REQUEST are permanent; a lost connection, 408, 429 and
 * 5xx are temporary. The client has already retried some of them itself.
 */
export function shouldRetry(failures: number, error: unknown): boolean {
  if (error instanceof TRPCClientError && error.meta?.[RETRIED]) return false;
  return failures < RETRIES && canPass(error) && (retryAfterOf(error) ?? 0) <= LONGEST_WAIT_MS;
}

/** Returns the wait before a retry, in milliseconds: as long as the server asks for, or an exponential backoff. */
export function retryDelay(failures: number, error: unknown): number {
  return retryAfterOf(error) ?? Math.min(1_000 * 2 ** failures, 30_000);
}

/** Whether the same call can succeed later. */
export function canPass(error: unknown): boolean {
  // Another function of the app threw the error, so its status is unknown.
  if (!(error instanceof TRPCClientError)) return true;
  if (error.shape) return RETRYABLE.includes((error.shape as Shape).code);
  const status = replyOf(error)?.status;
  if (status !== undefined && status >= 400 && status < 500) return status === 408 || status === 429;
  // A failed request has a cause. Without one, the client itself cannot make this call.
  return error.cause !== undefined;
}

/**
 * Returns how long the server asks the client to wait, in milliseconds; `undefined` if it does not ask. Reads `retryAfter` in
 * the error's data, which is separate for each call of a batch, or the header `Retry-After` of the response.
 */
function retryAfterOf(error: unknown): number | undefined {
  if (!(error instanceof TRPCClientError)) return undefined;
  const { code, data } = (error.shape ?? {}) as Shape;
  // The header of a batch applies only to the calls that have to wait.
  const hasToWait = code === undefined || WAITING.includes(data?.code);
  const header = hasToWait && replyOf(error)?.headers?.get?.("retry-after");
  const given = data?.retryAfter ?? (header || undefined);
  if (given === undefined) return undefined;
  // The header contains seconds or a date.
  const seconds = Number(given);
  const wait = Number.isNaN(seconds) ? Date.parse(String(given)) - Date.now() : seconds * 1_000;
  return Number.isNaN(wait) ? undefined : Math.max(0, wait);
}

/** Returns the response of an error. tRPC adds its own, and the client adds a proxy's response as the cause's cause. */
function replyOf({ meta, cause }: TRPCClientError<AnyTRPCRouter>): Reply | undefined {
  return (meta?.["response"] ?? cause?.cause) as Reply | undefined;
}
