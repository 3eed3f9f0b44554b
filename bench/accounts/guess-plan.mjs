// The best that a guesser who knows the rules can do: found by trying all, with the throttle's own functions.
import { delayOf, memoryOf, throttleDefaults } from "../../dist/do/accounts/throttle-delay.js";

/** Counts above this one all wait for the longest delay, and are kept for the longest time. */
const COUNTS = 16;

/**
 * The waits, in seconds, before each guess of the plan that makes the most guesses. A guesser has two ways from any
 * count: wait until another guess is permitted, or stay away until the count is forgotten.
 *
 * @param {number} seconds how long the guesser has
 * @returns {number[]}
 */
export function bestPlan(seconds) {
  const delay = (count) => delayOf({ count, lastAt: 0 }, throttleDefaults, 0) / 1000;
  const memory = (count) => memoryOf(count, throttleDefaults) / 1000;
  const next = (count) => Math.min(count + 1, COUNTS);
  /** By count, then by the seconds that are left: how many guesses follow at most. */
  const best = Array.from({ length: COUNTS + 1 }, () => new Uint32Array(seconds + 1));
  const afterDelay = (count, left) => (delay(count) <= left ? 1 + best[next(count)][left - delay(count)] : 0);
  const afterForgotten = (count, left) => (memory(count) <= left ? 1 + best[1][left - memory(count)] : 0);
  for (let left = 0; left <= seconds; left++) {
    // The highest first: a low count may go on to the next one without a wait.
    for (let count = COUNTS; count >= 1; count--) {
      best[count][left] = Math.max(afterDelay(count, left), afterForgotten(count, left));
    }
  }
  const waits = [0];
  for (let count = 1, left = seconds; best[count][left] > 0;) {
    const waitsForDelay = afterDelay(count, left) >= afterForgotten(count, left);
    const wait = waitsForDelay ? delay(count) : memory(count);
    waits.push(wait);
    left -= wait;
    count = waitsForDelay ? next(count) : 1;
  }
  return waits;
}
