import { checkNumber, checkOptionNames, withDefaultOptions, MAX_DURATION_SECONDS } from "../../shared/check-options.js";

/** How long and how many entries of the audit log of the app are stored. */
export interface ActionLogOptions {
  /**
   * How long entries are stored, in seconds.
   * @default 63072000 (730 days)
   */
  readonly maxAge?: number;
  /**
   * Maximum number of entries. Beyond it, denied calls are deleted first if they are more than a quarter, then the oldest
   * entries.
   * @default 100000
   */
  readonly maxEntries?: number;
  /**
   * Whether entries contain the network of the actor: the IPv4 address, or the first 64 bits of the IPv6 address.
   * @default false
   */
  readonly network?: boolean;
}

const defaults: Required<ActionLogOptions> = { maxAge: 730 * 24 * 60 * 60, maxEntries: 100_000, network: false };

/** Shorter retention would make the log useless, and a number this small is probably meant as days. */
const MIN_AGE_SECONDS = 3_600;

/**
 * Fills in the defaults.
 *
 * @param name the name of the option of `createUserDO`
 * @throws Error that names the option which could not take effect
 */
export function actionLogOptions(name: string, given: ActionLogOptions = {}): Required<ActionLogOptions> {
  checkOptionNames(name, given, { maxAge: true, maxEntries: true, network: true });
  const filled = withDefaultOptions(defaults, given);
  checkNumber(`${name}.maxAge`, filled.maxAge, { min: MIN_AGE_SECONDS, max: MAX_DURATION_SECONDS, isWhole: false });
  checkNumber(`${name}.maxEntries`, filled.maxEntries);
  if (typeof filled.network === "boolean") return filled;
  throw new Error(`${name}.network is not a boolean. Use true or false.`);
}

/** How long and how many entries of the audit log of an organization are stored. The network is not stored. */
export type OrganizationAuditOptions = Omit<ActionLogOptions, "network">;

/** Fills in the defaults. @throws Error that names the option which could not take effect */
export function organizationAuditOptions({
  maxAge = 365 * 24 * 60 * 60,
  maxEntries = 10_000,
  ...others
}: OrganizationAuditOptions = {}): Required<ActionLogOptions> {
  return actionLogOptions("organizationAudit", { ...others, maxAge, maxEntries });
}
