/**
 * A generator that is left as soon as somebody says so. By itself one would first wait for the value that it is asked
 * for, which may never come.
 *
 * @param leave makes that value come, as the generator's end
 */
export function leaveAtOnce<TValue, TReturn>(values: AsyncGenerator<TValue, TReturn | undefined>, leave: () => void) {
  const end = values.return.bind(values);
  return Object.assign(values, {
    return(): Promise<IteratorResult<TValue, TReturn | undefined>> {
      leave();
      return end(undefined);
    },
  });
}
