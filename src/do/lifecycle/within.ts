/**
 * Waits for work of another object or of the app, for a limited time. After that, the work goes on, and its result is ignored.
 *
 * @throws Error when the time is over
 */
export async function within<TResult>(timeoutMs: number, work: TResult | Promise<TResult>): Promise<TResult> {
  const { promise: timeout, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`There was no reply within ${timeoutMs / 1000} s.`)), timeoutMs);
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
