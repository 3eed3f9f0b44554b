import type { AnyTRPCRouter } from "@trpc/server";
import type { Owner } from "../../shared/owner.js";
import type { ListedSchedule, SchedulePage } from "../../shared/schedule.js";
import type { Page } from "../../shared/page.js";
import type { RegisteredRouter, ScheduledCall } from "./scheduled-call.js";

/** The options of every schedule. */
export interface ScheduleOptions {
  /** Identifies the schedule in its object: a schedule with the same name is replaced. 1 to 255 characters. */
  readonly name: string;
  /**
   * Whether clients can cancel it with `schedule.cancel`: the user, or a member with the permission "organization:update".
   * @default false
   */
  readonly cancellable?: boolean | undefined;
}

/** The options of a schedule that repeats. */
export interface CronOptions extends ScheduleOptions {
  /**
   * The IANA time zone of the pattern, such as "Europe/Berlin".
   * @default "UTC"
   */
  readonly timeZone?: string | undefined;
}

/**
 * Runs mutations of this object later. A schedule is stored in the transaction of the code that sets it. The mutation runs as the system: with
 * `ctx.caller.type` "system".
 */
export interface Schedule<
  in out TOwner extends Owner["type"],
  in out TDefaultRouter extends AnyTRPCRouter = RegisteredRouter,
> {
  /**
   * Runs a mutation at a time. A time in the past is due immediately.
   *
   * @throws TRPCError BAD_REQUEST (SCHEDULE_PATH_INVALID, SCHEDULE_TIME_INVALID, SCHEDULE_NAME_INVALID, INPUT_INVALID),
   * BAD_REQUEST (VALUE_INVALID) and PAYLOAD_TOO_LARGE (VALUE_TOO_LARGE) for the input, PAYLOAD_TOO_LARGE (TOO_MANY_SCHEDULES), METHOD_NOT_SUPPORTED (LIVE_QUERY_WRITES) in a live query
   * @example
   * ```ts
   * ctx.schedule.at(trialEndsAt, "billing.endTrial", undefined, { name: "trial" });
   * ```
   */
  at<TRouter extends AnyTRPCRouter = TDefaultRouter>(
    time: Date,
    ...call: ScheduledCall<TRouter, TOwner, ScheduleOptions>
  ): void;
  /** Runs a mutation after a number of seconds. @throws as `at` */
  in<TRouter extends AnyTRPCRouter = TDefaultRouter>(
    seconds: number,
    ...call: ScheduledCall<TRouter, TOwner, ScheduleOptions>
  ): void;
  /**
   * Runs a mutation at each time of a cron pattern with five fields. Times that were missed run once. The same schedule again
   * changes nothing, so it can be set at each sign-in.
   *
   * @throws as `at`, and TRPCError BAD_REQUEST (CRON_INVALID, TIME_ZONE_INVALID)
   * @example
   * ```ts
   * ctx.schedule.every("0 8 * * *", "digest.send", undefined, { name: "digest", timeZone: "Europe/Berlin" });
   * ```
   */
  every<TRouter extends AnyTRPCRouter = TDefaultRouter>(
    cron: string,
    ...call: ScheduledCall<TRouter, TOwner, CronOptions>
  ): void;
  /**
   * Cancels a schedule. A run that has started ends normally. Returns whether the schedule existed.
   * @throws TRPCError BAD_REQUEST (SCHEDULE_NAME_INVALID), METHOD_NOT_SUPPORTED (LIVE_QUERY_WRITES) in a live query
   */
  cancel(name: string): boolean;
  /** Returns a page of the schedules, the next one first. @throws TRPCError BAD_REQUEST (CURSOR_INVALID, INPUT_INVALID), METHOD_NOT_SUPPORTED (LIVE_QUERY_EXTERNAL) in a live query */
  list(page?: SchedulePage): Page<ListedSchedule>;
}
