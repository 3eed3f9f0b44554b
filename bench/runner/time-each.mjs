/**
 * Measures how long each of some calls takes, one after the other, in milliseconds.
 *
 * @param {number} calls
 * @param {() => Promise<unknown>} call
 * @param {() => Promise<unknown>} [before] runs before each call, and is not measured
 */
export async function timeEach(calls, call, before) {
  const times = [];
  for (let done = 0; done < calls; done++) {
    await before?.();
    const started = performance.now();
    await call();
    times.push(performance.now() - started);
  }
  return times;
}
