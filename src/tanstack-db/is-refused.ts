const TEMPORARY_STATUSES: readonly unknown[] = [401, 408, 425, 429];

/**
 * Whether the server refused a call for good, so that sending it again cannot succeed. It can after a lost connection, an
 * overload, an error of the server, or when the user has signed in again.
 *
 * @example
 * ```ts
 * if (isRefused(error)) throw new NonRetriableError(error.message);
 * ```
 */
export function isRefused(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  const status = (error as Error & { readonly data?: { readonly httpStatus?: unknown } | null }).data?.httpStatus;
  return typeof status === "number" && status >= 400 && status < 500 && !TEMPORARY_STATUSES.includes(status);
}
