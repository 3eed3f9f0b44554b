// Computes the largest number of guesses that an attacker who knows the rules can make, with the throttle's own functions.
import { delayOf, retentionOf, throttleDefaults } from "../../dist/do/rate/throttle-delay.js";

/** Counts above this one all wait for the longest delay, and are stored for the longest time. */
const COUNTS = 16;

/**
 * The waits, in seconds, before each guess of the plan that makes the most guesses. An attacker has two choices at any
 * count: wait until the next guess is allowed, or pause until the count has expired.
 *
 * @param {number} seconds how much time the attacker has
 * @returns {number[]}
 */
export function bestPlan(seconds) {
  const delay = (count) => delayOf({ count, lastAt: 0 }, throttleDefaults, 0) / 1000;
  const retention = (count) => retentionOf(count, throttleDefaults) / 1000;
  const next = (count) => Math.min(count + 1, COUNTS);
  /** The largest number of further guesses, by count and by the seconds that remain. */
  const best = Array.from({ length: COUNTS + 1 }, () => new Uint32Array(seconds + 1));
  const afterDelay = (count, left) => (delay(count) <= left ? 1 + best[next(count)][left - delay(count)] : 0);
  const afterExpiry = (count, left) => (retention(count) <= left ? 1 + best[1][left - retention(count)] : 0);
  for (let left = 0; left <= seconds; left++) {
    // Starts with the highest count, because a low count may continue to the next one without a wait.
    for (let count = COUNTS; count >= 1; count--) {
      best[count][left] = Math.max(afterDelay(count, left), afterExpiry(count, left));
    }
  }
  const waits = [0];
  for (let count = 1, left = seconds; best[count][left] > 0;) {
    const waitsForDelay = afterDelay(count, left) >= afterExpiry(count, left);
    const wait = waitsForDelay ? delay(count) : retention(count);
    waits.push(wait);
    left -= wait;
    count = waitsForDelay ? next(count) : 1;
  }
  return waits;
}
