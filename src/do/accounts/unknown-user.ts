import { SessionEnded } from "../lifecycle/caller-errors.js";

const logged = new WeakSet<object>();

/**
 * Logs that a session with a valid token names a user that does not exist, once for each app and isolate. Two apps may
 * share a JWT_SECRET.
 */
export function warnOfUnknownUser(app: object): void {
  if (logged.has(app)) return;
  logged.add(app);
  // oxlint-disable-next-line no-console -- the log is where an operator looks first
  console.warn(
    "[trpc-userdo] A session names a user that does not exist. Its account was deleted, or another app on this host has the " +
      "same JWT_SECRET and binding name, so that the two sign each other out. In that case give each app a JWT_SECRET of its " +
      "own, and set the option `cookiePrefix` in one of them.",
  );
}

/** For a call of such a session. The reply clears its cookies. */
export function unknownUser(app: object): SessionEnded {
  warnOfUnknownUser(app);
  return new SessionEnded(
    "There is no account for this session. Sign in again. If another app on this host uses the same cookies, set the option " +
      "`cookiePrefix` in one of them.",
  );
}
