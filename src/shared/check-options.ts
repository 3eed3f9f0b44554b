/** The names of an option object, all of them: the compiler asks for one that was added. */
export type OptionNames<TOptions> = Readonly<Record<keyof TOptions, true>>;

/**
 * Refuses options that are not an object, and unknown names: a misspelt option would never take effect.
 *
 * @param where the function, or the option, that the object is given to
 * @throws Error that names the option
 */
export function checkOptionNames<TOptions>(where: string, options: TOptions, names: OptionNames<TOptions>): void {
  const given: unknown = options;
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw new Error(`${where}: the options are not an object. Write them as { ${Object.keys(names)[0]}: … }.`);
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
  throw new Error(`${name}: this is not a function. Remove it, or pass a function.`);
}

/** @throws Error if an option is set and is not a string with visible characters */
export function checkText(name: string, value: unknown): void {
  if (value === undefined || (typeof value === "string" && value.trim() !== "")) return;
  throw new Error(`${name}: this is not a string, or is empty. If it comes from a variable, set the variable.`);
}

/** The longest duration of an option, in days: a time that is added to now stays one that dates, alarms and cookies can have. */
export const LONGEST_DAYS = 36_525;

/** The same in seconds. */
export const LONGEST_SECONDS = LONGEST_DAYS * 86_400;

export interface NumberRule {
  /** @default a number above zero */
  readonly least?: number;
  /** @default no limit */
  readonly most?: number;
  /** @default true */
  readonly isWhole?: boolean;
}

/** @throws Error that names the option, when a value is not a number that can take effect */
export function checkNumber(name: string, value: unknown, { least, most = Infinity, isWhole = true }: NumberRule = {}) {
  const isNumber = isWhole ? Number.isSafeInteger(value) : Number.isFinite(value);
  if (isNumber && (least === undefined ? Number(value) > 0 : Number(value) >= least) && Number(value) <= most) return;
  const from = least === undefined ? "above zero" : `of at least ${least}`;
  const to = most === Infinity ? "" : ` and at most ${most}`;
  throw new Error(`${name} is ${String(value)}, and has to be a ${isWhole ? "whole " : ""}number ${from}${to}.`);
}

/** The given options with defaults for those that are missing or `undefined`. */
export function withDefaultOptions<TOptions extends object>(defaults: Required<TOptions>, given: TOptions) {
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...defaults, ...(Object.fromEntries(set) as TOptions) } as Required<TOptions>;
}
