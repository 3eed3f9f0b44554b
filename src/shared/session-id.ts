/**
 * A UUID of version 7 without its dashes, of the years 2004 to 2109. Earlier versions created random ids: one in 5,000
 * of them looks like this.
 */
const TIME_ORDERED = /^0[1-3][0-9a-f]{10}7[0-9a-f]{3}[89ab][0-9a-f]{15}$/;

/** Whether a session's id says when it was created. The ids of earlier versions do not. */
export function isTimeOrdered(sessionId: string): boolean {
  return TIME_ORDERED.test(sessionId);
}

/**
 * Compares two sessions by the time at which their ids were created. An id without a time counts as the older one.
 *
 * @returns a negative number when `a` is older, a positive one when `b` is, 0 for the same session
 */
export function compareSessionIds(a: string, b: string): number {
  if (isTimeOrdered(a) !== isTimeOrdered(b)) return isTimeOrdered(a) ? 1 : -1;
  return a < b ? -1 : Number(a > b);
}
