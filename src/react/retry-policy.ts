import { TRPCClientError } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";

/** How often a query is sent again. */
const RETRIES = 3;

/** The longest wait that a query stays pending for, in milliseconds. Above it the error is shown at once. */
const LONGEST_WAIT_MS = 60_000;

/** tRPC's numbers for the statuses 408, 429 and 5xx. */
const RETRYABLE: readonly unknown[] = [-32_008, -32_029, -32_603];

/** The codes that go with a `Retry-After`. */
const WAITING: readonly unknown[] = ["TOO_MANY_REQUESTS", "SERVICE_UNAVAILABLE"];

/** As much of a tRPC error's shape as says whether the same call can succeed later. */
interface Shape {
  readonly code?: unknown;
  readonly data?: { readonly code?: unknown; readonly retryAfter?: unknown } | null;
}

/** A reply, of any platform's fetch. */
interface Reply {
  readonly status?: number;
  readonly headers?: { get?(name: string): string | null };
}

/**
 * Whether a query that failed is sent again. A refusal such as NOT_FOUND or BAD_REQUEST stays the same however often the
 * call is made; a lost connection, 408, 429 and 5xx can pass.
 */
export function shouldRetry(failures: number, error: unknown): boolean {
  return failures < RETRIES && canPass(error) && (retryAfterOf(error) ?? 0) <= LONGEST_WAIT_MS;
}

/** How long to wait before a query is sent again, in milliseconds: as long as the server asks for. */
export function retryDelay(failures: number, error: unknown): number {
  return retryAfterOf(error) ?? Math.min(1_000 * 2 ** failures, 30_000);
}

/** Whether the same call can succeed later. */
export function canPass(error: unknown): boolean {
  // Another function of the app has thrown it, which says nothing about a status.
  if (!(error instanceof TRPCClientError)) return true;
  if (error.shape) return RETRYABLE.includes((error.shape as Shape).code);
  const status = replyOf(error)?.status;
  if (status !== undefined && status >= 400 && status < 500) return status === 408 || status === 429;
  // A failed request has a cause. Without one, the client itself cannot make this call.
  return error.cause !== undefined;
}

/**
 * How long the server asks to wait, in milliseconds: `retryAfter` of the error's data, which each call of a batch has for
 * itself, or the header `Retry-After` of the reply. `undefined` when it does not say.
 */
function retryAfterOf(error: unknown): number | undefined {
  if (!(error instanceof TRPCClientError)) return undefined;
  const { code, data } = (error.shape ?? {}) as Shape;
  // The header of a batch is about those of its calls that have to wait.
  const hasToWait = code === undefined || WAITING.includes(data?.code);
  const header = hasToWait && replyOf(error)?.headers?.get?.("retry-after");
  const given = data?.retryAfter ?? (header || undefined);
  if (given === undefined) return undefined;
  // The header has seconds or a date.
  const seconds = Number(given);
  const wait = Number.isNaN(seconds) ? Date.parse(String(given)) - Date.now() : seconds * 1_000;
  return Number.isNaN(wait) ? undefined : Math.max(0, wait);
}

/** The reply that an error came with: tRPC passes on its own, and the client that of a proxy as the cause's cause. */
function replyOf({ meta, cause }: TRPCClientError<AnyTRPCRouter>): Reply | undefined {
  return (meta?.["response"] ?? cause?.cause) as Reply | undefined;
}
