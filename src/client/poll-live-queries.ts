import type { TRPCClientError } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import type { PolledQuery } from "./polled-query.js";

export interface PollOptions {
  readonly queries: Iterable<PolledQuery>;
  /** Reads one query over HTTP. */
  readonly read: (query: PolledQuery) => Promise<unknown>;
  readonly stringify: (data: unknown) => string;
  /** Whether the results are still needed: the socket may work again, or a newer round may have started. */
  readonly isCurrent: () => boolean;
}

/**
 * Reads live queries once over HTTP, and delivers the results that changed. As over a socket, an error of the query itself
 * ends it. The code is a separate module because most pages never load it.
 *
 * @returns whether every query was read
 */
export async function pollLiveQueries({ queries, read, stringify, isCurrent }: PollOptions): Promise<boolean> {
  let isComplete = true;
  const round = await Promise.all(
    Array.from(queries, async (query) => {
      try {
        return { query, data: await read(query) };
      } catch (error) {
        return { query, error };
      }
    }),
  );
  if (!isCurrent()) return false;
  for (const { query, ...result } of round) {
    if ("data" in result) {
      const text = stringify(result.data);
      if (query.polled !== text) query.onResult(result.data);
      query.polled = text;
    } else if (isOwnError(result.error)) query.onError(result.error);
    else isComplete = false;
  }
  return isComplete;
}

/** Errors that say nothing about the query itself: the session, a timeout or a limit. */
const RETRIED_STATUSES = new Set([401, 408, 429]);

/** Whether reading the query again would fail in the same way. */
function isOwnError(error: unknown): error is TRPCClientError<AnyTRPCRouter> {
  const status = (error as { readonly data?: { readonly httpStatus?: unknown } } | undefined)?.data?.httpStatus;
  return typeof status === "number" && status >= 400 && status < 500 && !RETRIED_STATUSES.has(status);
}
