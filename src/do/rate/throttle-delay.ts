import { checkNumber, checkOptionNames, withDefaultOptions, MAX_DURATION_SECONDS } from "../../shared/check-options.js";

/** Delays after wrong passwords. */
export interface ThrottleOptions {
  /**
   * Wrong passwords in a row without a delay.
   * @default 5
   */
  readonly failures?: number;
  /**
   * Delay after that many wrong passwords, in seconds. Each further wrong password doubles it.
   * @default 1
   */
  readonly firstDelay?: number;
  /**
   * Longest delay, in seconds.
   * @default 900 (15 minutes)
   */
  readonly longestDelay?: number;
}

/** Wrong passwords in a row, and when the last one was entered, in milliseconds since the epoch. */
export interface Failures {
  readonly count: number;
  readonly lastAt: number;
}

export const throttleDefaults: Required<ThrottleOptions> = { failures: 5, firstDelay: 1, longestDelay: 900 };

/**
 * Fills in the defaults.
 *
 * @throws Error if an option is not valid or never takes effect
 */
export function throttleOptions(given: ThrottleOptions = {}): Required<ThrottleOptions> {
  checkOptionNames("throttle", given, { failures: true, firstDelay: true, longestDelay: true });
  const filled = withDefaultOptions(throttleDefaults, given);
  checkNumber("throttle.failures", filled.failures);
  checkNumber("throttle.firstDelay", filled.firstDelay, { max: MAX_DURATION_SECONDS, isWhole: false });
  checkNumber("throttle.longestDelay", filled.longestDelay, { max: MAX_DURATION_SECONDS, isWhole: false });
  if (filled.firstDelay <= filled.longestDelay) return filled;
  throw new Error(
    `throttle.firstDelay is ${filled.firstDelay}, which is more than throttle.longestDelay (${filled.longestDelay} seconds). ` +
      "Reduce throttle.firstDelay, or increase throttle.longestDelay.",
  );
}

/** Returns how many milliseconds the next attempt has to wait. The delay always ends by itself: accounts are never locked. */
export function delayOf({ count, lastAt }: Failures, options: Required<ThrottleOptions>, now: number): number {
  if (count < options.failures) return 0;
  const seconds = Math.min(options.firstDelay * 2 ** (count - options.failures), options.longestDelay);
  return Math.max(0, lastAt + seconds * 1000 - now);
}

/**
 * Returns how long a count is kept after the last wrong password, in milliseconds: one `longestDelay` per wrong password, at
 * most four. Waiting for expiry thus allows no more guesses than waiting for the delay.
 */
export function retentionOf(count: number, options: Required<ThrottleOptions>): number {
  return Math.min(count, 4) * options.longestDelay * 1000;
}

/** Formats a duration for people. Minutes are rounded up, so that the next attempt is not too early. */
export function durationText(seconds: number): string {
  const [count, unit] = seconds < 60 ? [seconds, "second"] : [Math.ceil(seconds / 60), "minute"];
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}
