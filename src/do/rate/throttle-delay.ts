import { checkNumber, checkOptionNames, withDefaultOptions, MAX_DURATION_SECONDS } from "../../shared/check-options.js";

/** When wrong passwords begin to cost time, and how much. */
export interface ThrottleOptions {
  /**
   * Wrong passwords in a row that cost nothing.
   * @default 5
   */
  readonly failures?: number;
  /**
   * Seconds to wait after that many. Each further wrong password doubles it.
   * @default 1
   */
  readonly firstDelay?: number;
  /**
   * Most seconds to wait.
   * @default 900 (15 minutes)
   */
  readonly longestDelay?: number;
}

/** Wrong passwords in a row, and when the last was tried. */
export interface Failures {
  readonly count: number;
  readonly lastAt: number;
}

export const throttleDefaults: Required<ThrottleOptions> = { failures: 5, firstDelay: 1, longestDelay: 900 };

/**
 * Fills in the defaults.
 *
 * @throws Error that names the option which could not take effect
 */
export function throttleOptions(given: ThrottleOptions = {}): Required<ThrottleOptions> {
  checkOptionNames("throttle", given, { failures: true, firstDelay: true, longestDelay: true });
  const filled = withDefaultOptions(throttleDefaults, given);
  checkNumber("throttle.failures", filled.failures);
  checkNumber("throttle.firstDelay", filled.firstDelay, { max: MAX_DURATION_SECONDS, isWhole: false });
  checkNumber("throttle.longestDelay", filled.longestDelay, { max: MAX_DURATION_SECONDS, isWhole: false });
  if (filled.firstDelay <= filled.longestDelay) return filled;
  throw new Error(
    `throttle.firstDelay is ${filled.firstDelay}, and never takes effect: no wait is longer than ${filled.longestDelay} ` +
      "seconds (throttle.longestDelay). Choose less, or more for throttle.longestDelay.",
  );
}

/** How many milliseconds the next try has to wait. It is a delay and never a lock: time alone ends it. */
export function delayOf({ count, lastAt }: Failures, options: Required<ThrottleOptions>, now: number): number {
  if (count < options.failures) return 0;
  const seconds = Math.min(options.firstDelay * 2 ** (count - options.failures), options.longestDelay);
  return Math.max(0, lastAt + seconds * 1000 - now);
}

/**
 * How many milliseconds after its last wrong password a count is kept. Fewer failures are forgotten earlier, at a pace
 * of one per `longestDelay`: forgetting never permits more guesses than the longest wait does.
 */
export function memoryOf(count: number, options: Required<ThrottleOptions>): number {
  return Math.min(count, 4) * options.longestDelay * 1000;
}

/** A duration for people. Minutes are rounded up, so that nobody tries too early. */
export function durationText(seconds: number): string {
  const [count, unit] = seconds < 60 ? [seconds, "second"] : [Math.ceil(seconds / 60), "minute"];
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}
