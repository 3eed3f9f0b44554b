import {
  checkNumber,
  checkOptionNames,
  withDefaultOptions,
  MAX_DURATION_SECONDS,
} from "../../../shared/check-options.js";

/** Lifetimes of sessions and their tokens, in seconds, and the limit of sessions. */
export interface SessionOptions {
  /**
   * Lifetime of an access token, in seconds. Calls with a valid access token do not renew the session. At most a day.
   * @default 900 (15 minutes)
   */
  readonly accessToken?: number;
  /**
   * Time without use after which a session expires, in seconds.
   * @default 604800 (7 days)
   */
  readonly idle?: number;
  /**
   * Time after its sign-in at which a session expires even if it is in use, in seconds.
   * @default 7776000 (90 days)
   */
  readonly absolute?: number;
  /**
   * Maximum number of sessions of a user. A further sign-in ends the session that was not used for the longest time.
   * @default 50
   */
  readonly limit?: number;
}

const MINUTE = 60;
const DAY = 24 * 60 * MINUTE;

/**
 * Fills in the defaults.
 *
 * @throws Error with the name of an option that is not a whole number above zero, or too large
 */
export function withDefaults(options: SessionOptions = {}): Required<SessionOptions> {
  checkOptionNames("session", options, { accessToken: true, idle: true, absolute: true, limit: true });
  const filled = withDefaultOptions(
    { accessToken: 15 * MINUTE, idle: 7 * DAY, absolute: 90 * DAY, limit: 50 },
    options,
  );
  // A `Date` cannot hold the end of a session that lives for longer than some 270,000 years.
  for (const [name, value] of Object.entries(filled))
    checkNumber(`session.${name}`, value, { max: MAX_DURATION_SECONDS });
  if (filled.accessToken > DAY) {
    throw new Error(
      `session.accessToken is ${filled.accessToken}, but an access token expires after at most ${DAY} seconds. Reduce it.`,
    );
  }
  if (options.idle !== undefined && options.idle > filled.absolute) {
    throw new Error(
      `session.idle is ${options.idle}, and never takes effect: a session ends after ${filled.absolute} seconds ` +
        "(session.absolute). Reduce session.idle, or increase session.absolute.",
    );
  }
  return filled;
}
