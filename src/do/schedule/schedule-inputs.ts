import { ReasonedError } from "../../router/reasoned-error.js";
import { MAX_DURATION_SECONDS } from "../../shared/check-options.js";
import type { NewSchedule } from "../../shared/schedule.js";
import { invalidCursor } from "../audit/id-cursor.js";
import { encodeJson } from "../tables/codec/json-codec.js";
import { sizeOf } from "../tables/codec/value-size.js";
import { ValueError } from "../tables/table-errors.js";
import type { SchedulePosition } from "./schedule-store.js";

const MAX_NAME_LENGTH = 255;
const MAX_INPUT_BYTES = 32_768;
const MAX_PAGE = 200;
const DEFAULT_PAGE = 50;

/** @throws ReasonedError BAD_REQUEST (SCHEDULE_NAME_INVALID) */
export function checkName(name: unknown): void {
  if (typeof name === "string" && name !== "" && name.length <= MAX_NAME_LENGTH && name.isWellFormed()) return;
  throw new ReasonedError({
    code: "BAD_REQUEST",
    reason: "SCHEDULE_NAME_INVALID",
    message: `The name of a schedule is missing or not valid. Pass \`{ name }\`, with 1 to ${MAX_NAME_LENGTH} characters.`,
  });
}

/**
 * Returns a time in milliseconds since the epoch.
 *
 * @throws ReasonedError BAD_REQUEST (SCHEDULE_TIME_INVALID)
 */
export function timeOf(time: Extract<NewSchedule["time"], { at: Date } | { in: number }>, now: number): number {
  const at = "at" in time ? timeOfDate(time.at) : now + secondsOf(time.in) * 1000;
  const latest = now + MAX_DURATION_SECONDS * 1000;
  if (at >= 0 && at <= latest) return Math.floor(at);
  throw new ReasonedError({
    code: "BAD_REQUEST",
    reason: "SCHEDULE_TIME_INVALID",
    message: "The time of the schedule is not valid. Pass a Date, or a number of seconds, within the next 100 years.",
  });
}

function timeOfDate(date: unknown): number {
  return date instanceof Date ? date.getTime() : Number.NaN;
}

function secondsOf(seconds: unknown): number {
  return typeof seconds === "number" && seconds >= 0 ? seconds : Number.NaN;
}

/**
 * Encodes the input of a scheduled mutation. No input is an empty text.
 *
 * @throws ReasonedError BAD_REQUEST (VALUE_INVALID), PAYLOAD_TOO_LARGE (VALUE_TOO_LARGE)
 */
export function encodeInput(input: unknown): string {
  const text = input === undefined ? "" : encode(input);
  if (sizeOf(text) <= MAX_INPUT_BYTES) return text;
  throw new ReasonedError({
    code: "PAYLOAD_TOO_LARGE",
    reason: "VALUE_TOO_LARGE",
    message: `The input of the schedule is larger than ${MAX_INPUT_BYTES} bytes. Store it in a table, and pass the id of the row.`,
  });
}

function encode(input: unknown): string {
  try {
    return encodeJson(input);
  } catch (cause) {
    if (!(cause instanceof ValueError)) throw cause;
    const { code, reason } = cause;
    throw new ReasonedError({ code, reason, message: `The input of the schedule ${cause.message}`, cause });
  }
}

export function tooManySchedules(limit: number): ReasonedError {
  return new ReasonedError({
    code: "PAYLOAD_TOO_LARGE",
    reason: "TOO_MANY_SCHEDULES",
    message:
      `This object has ${limit} schedules, which is the most it can have. Cancel some, or use one schedule that reads the due ` +
      "rows of a table. The option `schedules.maxCount` sets the limit.",
  });
}

/** @throws ReasonedError BAD_REQUEST (INPUT_INVALID) */
export function checkLimit(limit: number = DEFAULT_PAGE): number {
  if (Number.isSafeInteger(limit) && limit >= 1 && limit <= MAX_PAGE) return limit;
  throw new ReasonedError({
    code: "BAD_REQUEST",
    reason: "INPUT_INVALID",
    message: `The limit is not valid. Pass a whole number from 1 to ${MAX_PAGE}.`,
  });
}

/** Returns the cursor after a schedule. */
export function formatCursor({ runAt, name }: SchedulePosition): string {
  return `${runAt} ${name}`;
}

/** @throws ReasonedError BAD_REQUEST (CURSOR_INVALID) */
export function parseCursor(cursor: string): SchedulePosition {
  const [, runAt, name] = /^(\d{1,16}) (.+)$/s.exec(cursor) ?? [];
  if (name === undefined) throw invalidCursor();
  return { runAt: Number(runAt), name };
}

/** A live query that reads schedules. */
export function notLive(): ReasonedError {
  return new ReasonedError({
    code: "METHOD_NOT_SUPPORTED",
    reason: "LIVE_QUERY_EXTERNAL",
    message:
      "This query reads schedules, so it cannot be live: their changes are not in the change log. Call the query without " +
      "live(), and fetch it again when you need it.",
  });
}
