import { parseArgs } from "node:util";
import { UsageError } from "../usage-error.js";

/** The options of all commands. Each command names those that it takes. */
const options = {
  url: { type: "string" },
  json: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
  yes: { type: "boolean", short: "y", default: false },
  email: { type: "string" },
  reason: { type: "string" },
  until: { type: "string" },
  at: { type: "string" },
  bookmark: { type: "string" },
  search: { type: "string" },
  status: { type: "string" },
  role: { type: "string" },
  after: { type: "string" },
  before: { type: "string" },
  limit: { type: "string" },
  cursor: { type: "string" },
  action: { type: "string" },
  actor: { type: "string" },
  target: { type: "string" },
  description: { type: "string" },
  permission: { type: "string", multiple: true },
  name: { type: "string" },
  output: { type: "string", short: "o" },
  existing: { type: "string" },
  restart: { type: "boolean", default: false },
} as const;

/** The options that belong to single commands. Every command takes the others. */
export type OptionName = Exclude<keyof typeof options, "url" | "json" | "help">;

export type OptionValues = ReturnType<typeof parseOptions>["values"];

/** How each option is shown in the help. */
export const optionHelp: Readonly<Record<OptionName, readonly [usage: string, summary: string]>> = {
  yes: ["-y, --yes", "do not ask before deleting or restoring"],
  email: ["--email=ADDRESS", "the address to sign in with"],
  reason: ["--reason=TEXT", "the reason, which the audit log stores"],
  until: ["--until=TIME", "when the suspension ends: 12h, 7d, or a date such as 2027-01-31"],
  at: ["--at=TIME", "restore the data of this time, such as 2027-01-31T18:00Z"],
  bookmark: ["--bookmark=BOOKMARK", "restore the data of this bookmark, as an earlier restore printed it"],
  search: ["--search=TEXT", "the beginning of an address or of a profile field in the directory"],
  status: ["--status=STATUS", "active or suspended"],
  role: ["--role=ROLE", "users with this role"],
  after: ["--after=DATE", "not before this date"],
  before: ["--before=DATE", "before this date"],
  limit: ["--limit=NUMBER", "the number of rows, at most 100 (default: 50)"],
  cursor: ["--cursor=CURSOR", "the next page, as the previous one printed it"],
  action: ["--action=ACTION", "entries with this action"],
  actor: ["--actor=USER", "entries of this operator"],
  target: ["--target=ID", "entries about this user, organization or role"],
  description: ["--description=TEXT", "the description of the role"],
  permission: ["--permission=PERMISSION", "a permission of the role; repeat it for several"],
  name: ["--name=NAME", "the new name of the role"],
  output: ["-o, --output=FILE", "write to this file instead of printing"],
  existing: ["--existing=add", "also add to accounts and organizations that the import did not create"],
  restart: ["--restart", "start at the first line, and not where an earlier import stopped"],
};

/** @throws UsageError for an option that does not exist, or without its value */
export function parseOptions(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** @throws UsageError if an option was passed that the command does not take */
export function checkOptions(command: string, values: OptionValues, taken: readonly OptionName[]): void {
  for (const name of Object.keys(optionHelp) as OptionName[]) {
    if (values[name] === undefined || values[name] === false || taken.includes(name)) continue;
    throw new UsageError(`"${command}" has no option --${name}. See trpc-userdo admin --help.`);
  }
}

/** @throws UsageError if the value is not a date */
export function dateOption(name: "after" | "before" | "at", values: OptionValues): Date | undefined {
  const text = values[name];
  return text === undefined ? undefined : parseDate(name, text);
}

/** Reads `--until`: a date, or a duration from now. @throws UsageError if the value is neither, or in the past */
export function untilOption({ until }: OptionValues, now = Date.now()): Date | undefined {
  if (until === undefined) return undefined;
  const [, count, unit = ""] = /^(\d{1,4})([mhd])$/.exec(until) ?? [];
  const date = count === undefined ? parseDate("until", until) : new Date(now + Number(count) * (UNITS[unit] ?? 0));
  if (date.getTime() <= now) throw new UsageError(`--until=${until} is in the past.`);
  return date;
}

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A day or an instant in ISO 8601. Other forms that `Date` reads depend on the time zone, or on the engine. */
const DATE = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/;

function parseDate(name: string, text: string): Date {
  const date = new Date(text);
  if (DATE.test(text) && !Number.isNaN(date.getTime())) return date;
  throw new UsageError(`--${name}=${text} is not a date. Write it as 2027-01-31 or 2027-01-31T18:00Z.`);
}

/** The state to restore, by `--at` or `--bookmark`. @throws UsageError without exactly one of them, or if the time is not a date */
export function restorePointOption(values: OptionValues): { at: Date } | { bookmark: string } {
  const at = dateOption("at", values);
  const { bookmark } = values;
  if (at && bookmark === undefined) return { at };
  if (bookmark !== undefined && !at) return { bookmark };
  throw new UsageError("Pass either --at or --bookmark, which select the data to restore.");
}

/** @throws UsageError if the value is not a whole number from 1 to 100 */
export function pageOptions({ limit, cursor }: OptionValues): { limit?: number; cursor?: string } {
  if (limit !== undefined && !(/^\d{1,3}$/.test(limit) && Number(limit) >= 1 && Number(limit) <= 100)) {
    throw new UsageError(`--limit=${limit} is not a number from 1 to 100.`);
  }
  return { ...(limit !== undefined && { limit: Number(limit) }), ...(cursor !== undefined && { cursor }) };
}

/** @throws UsageError if the value is not a status of users */
export function statusOption({ status }: OptionValues): "active" | "suspended" | undefined {
  if (status === undefined || status === "active" || status === "suspended") return status;
  throw new UsageError(`--status=${status} is not a status. Pass active or suspended.`);
}
