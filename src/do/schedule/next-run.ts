import { Cron } from "croner";
import { ReasonedError } from "../../router/reasoned-error.js";

/** When a schedule repeats. */
export interface Recurrence {
  /** Five fields: minute, hour, day of the month, month, day of the week. */
  readonly cron: string;
  /** An IANA time zone. */
  readonly timeZone: string;
}

/** Longer texts are not patterns, and would only cost time. */
const MAX_CRON_LENGTH = 256;

/**
 * Returns the first time of a pattern after another time, both in milliseconds since the epoch; `undefined` if there is none. A time
 * that the start of daylight saving time skips runs right after the gap. A time that its end repeats runs once, unless the
 * pattern has a `*` or a step in its minutes or hours.
 *
 * @throws ReasonedError BAD_REQUEST (CRON_INVALID, TIME_ZONE_INVALID)
 */
export function nextRun({ cron, timeZone }: Recurrence, after: number): number | undefined {
  assertTimeZone(timeZone);
  return parse(cron, timeZone).nextRun(new Date(after))?.getTime();
}

function parse(cron: string, timezone: string): Cron {
  if (typeof cron !== "string" || cron.length > MAX_CRON_LENGTH) throw cronInvalid();
  try {
    return new Cron(cron, { timezone, mode: "5-part", fixedTimeRule: "no-wildcard" });
  } catch (cause) {
    throw cronInvalid(cause);
  }
}

function assertTimeZone(timeZone: string): void {
  try {
    // Throws for a name that is not known. `undefined` would be the time zone of the machine.
    if (typeof timeZone === "string") return void new Intl.DateTimeFormat("en", { timeZone });
  } catch {
    // Reported below.
  }
  throw new ReasonedError({
    code: "BAD_REQUEST",
    reason: "TIME_ZONE_INVALID",
    message: 'The time zone is not known. Pass the name of an IANA time zone, such as "Europe/Berlin".',
  });
}

/** A pattern that cannot be parsed, or that no time matches. */
export function cronInvalid(cause?: unknown): ReasonedError {
  return new ReasonedError({
    code: "BAD_REQUEST",
    reason: "CRON_INVALID",
    message:
      "The cron pattern is not valid, or no time matches it. It has five fields: minute, hour, day of the month, month and day of " +
      'the week. "0 8 * * *" is every day at 8:00.',
    cause,
  });
}
