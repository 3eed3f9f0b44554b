const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

export const describeDay = (at: Date): string => day.format(at);
export const describeMoment = (at: Date): string => moment.format(at);

/** The time since something happened, precise only while it is short. */
export function describeAgo(at: Date, now = Date.now()): string {
  const ago = now - at.getTime();
  // Sessions store their last use with a precision of five minutes.
  if (ago < 5 * MINUTE) return "just now";
  if (ago < HOUR) return relative.format(-Math.round(ago / MINUTE), "minute");
  if (ago < 24 * HOUR) return relative.format(-Math.round(ago / HOUR), "hour");
  return day.format(at);
}
