/**
 * Makes a generator's `return()` abort a read that is still pending. By itself, `return()` waits for the pending value,
 * which may never arrive.
 *
 * @param abort ends the pending read
 */
export function abortOnReturn<TValue, TReturn>(values: AsyncGenerator<TValue, TReturn | undefined>, abort: () => void) {
  const end = values.return.bind(values);
  return Object.assign(values, {
    return(): Promise<IteratorResult<TValue, TReturn | undefined>> {
      abort();
      return end(undefined);
    },
  });
}
