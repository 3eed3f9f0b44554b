/** How long sessions and their tokens live, in seconds. */
export interface SessionLifetimes {
  /**
   * An access token: how long a call needs no look at the refresh token.
   * @default 900 (15 minutes)
   */
  readonly accessToken?: number;
  /**
   * A session that nobody uses.
   * @default 604800 (7 days)
   */
  readonly idle?: number;
  /**
   * A session, however much it is used.
   * @default 7776000 (90 days)
   */
  readonly absolute?: number;
}

const MINUTE = 60;
const DAY = 24 * 60 * MINUTE;

/** Fills in the defaults. */
export function withDefaults({ accessToken, idle, absolute }: SessionLifetimes = {}): Required<SessionLifetimes> {
  return { accessToken: accessToken ?? 15 * MINUTE, idle: idle ?? 7 * DAY, absolute: absolute ?? 90 * DAY };
}
