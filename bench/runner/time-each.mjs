/**
 * How long each of some calls took, one after the other, in milliseconds.
 *
 * @param {number} calls
 * @param {() => Promise<unknown>} call
 * @param {() => Promise<unknown>} [before] what has to be done before each, and is not measured
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
