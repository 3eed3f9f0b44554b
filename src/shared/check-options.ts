/** Every name of an option object. The compiler reports a name that is missing here. */
export type OptionNames<TOptions> = Readonly<Record<keyof TOptions, true>>;

/**
 * Rejects options that are not an object, and unknown names, because a misspelt option would never take effect.
 *
 * @param where the function or the option that receives the object
 * @throws Error with the name of the option
 */
export function checkOptionNames<TOptions>(where: string, options: TOptions, names: OptionNames<TOptions>): void {
  const given: unknown = options;
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw new Error(`${where}: the options are not an object. Pass an object such as { ${Object.keys(names)[0]}: … }.`);
  }
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(names, name));
  if (unknown !== undefined) {
    throw new Error(
      `${where}: "${unknown}" is not an option. Remove it, or use one of ${Object.keys(names).join(", ")}.`,
    );
  }
}

/** @throws Error if an option is set and is not a function */
export function checkFunction(name: string, value: unknown): void {
  if (value === undefined || typeof value === "function") return;
  throw new Error(`${name} is not a function. Remove it, or pass a function.`);
}

/** @throws Error if an option is set and is not a string with visible characters */
export function checkText(name: string, value: unknown): void {
  if (value === undefined || (typeof value === "string" && value.trim() !== "")) return;
  throw new Error(`${name} is not a string, or is empty. If it comes from a variable, set the variable.`);
}

/** The longest duration of an option: 100 years. A time that much later is still valid for dates, alarms and cookies. */
export const MAX_DURATION_SECONDS = 36_525 * 86_400;

export interface NumberRule {
  /** @default above zero */
  readonly min?: number;
  /** @default no limit */
  readonly max?: number;
  /** @default true */
  readonly isWhole?: boolean;
}

/** @throws Error with the name of the option if the value is not a number in the range */
export function checkNumber(name: string, value: unknown, { min, max = Infinity, isWhole = true }: NumberRule = {}) {
  const isNumber = isWhole ? Number.isSafeInteger(value) : Number.isFinite(value);
  if (isNumber && (min === undefined ? Number(value) > 0 : Number(value) >= min) && Number(value) <= max) return;
  const from = min === undefined ? "above zero" : `of at least ${min}`;
  const to = max === Infinity ? "" : ` and at most ${max}`;
  throw new Error(`${name}: ${String(value)} is not valid. Use a ${isWhole ? "whole " : ""}number ${from}${to}.`);
}

/** Returns the given options, with defaults for options that are missing or `undefined`. */
export function withDefaultOptions<TOptions extends object>(defaults: Required<TOptions>, given: TOptions) {
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...defaults, ...(Object.fromEntries(set) as TOptions) } as Required<TOptions>;
}
