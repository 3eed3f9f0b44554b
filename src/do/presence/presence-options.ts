import { checkNumber, checkOptionNames, withDefaultOptions } from "../../shared/check-options.js";

/** When people who lost their connection stop being present. */
export interface PresenceOptions {
  /**
   * How long a lost connection stays present, in seconds, so that a page that is loaded again does not leave and join. 0 removes it at once. At most 3,600.
   * @default 10
   */
  readonly gracePeriod?: number;
}

/** Checks the option and fills in its defaults. @throws Error with the name of the option that is not valid */
export function presenceOptions(given: PresenceOptions = {}): Required<PresenceOptions> {
  checkOptionNames("presence", given, { gracePeriod: true });
  const filled = withDefaultOptions({ gracePeriod: 10 }, given);
  checkNumber("presence.gracePeriod", filled.gracePeriod, { min: 0, max: 3_600, isWhole: false });
  return filled;
}
