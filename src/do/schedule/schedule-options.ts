import { checkNumber, checkOptionNames, withDefaultOptions } from "../../shared/check-options.js";

/** Limits of the schedules of one object. */
export interface SchedulesOptions {
  /**
   * Attempts before a run becomes a dead letter. The pauses between them double from 10 seconds up to an hour.
   * @default 10
   */
  readonly attempts?: number;
  /**
   * Maximum number of schedules.
   * @default 20000
   */
  readonly maxCount?: number;
}

const defaults: Required<SchedulesOptions> = { attempts: 10, maxCount: 20_000 };

/** Fills in the defaults. @throws Error that names the option which could not take effect */
export function schedulesOptions(given: SchedulesOptions = {}): Required<SchedulesOptions> {
  checkOptionNames("schedules", given, { attempts: true, maxCount: true });
  const filled = withDefaultOptions(defaults, given);
  checkNumber("schedules.attempts", filled.attempts);
  checkNumber("schedules.maxCount", filled.maxCount);
  return filled;
}
