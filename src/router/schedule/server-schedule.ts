import type { AnyTRPCRouter } from "@trpc/server";
import type { CronOptions, ScheduleOptions } from "./schedule-api.js";
import type { ScheduledCall } from "./scheduled-call.js";

/** Options of a schedule of an organization, set from outside of it. */
interface InOrganization {
  readonly organizationId: string;
}

/** A call of the app, or of the organization in the options. */
type SystemCall<TRouter extends AnyTRPCRouter, TOptions> =
  | ScheduledCall<TRouter, "app", TOptions>
  | ScheduledCall<TRouter, "organization", TOptions & InOrganization>;

type CallOf<TRouter extends AnyTRPCRouter, TCaller, TOptions> = TCaller extends "user"
  ? ScheduledCall<TRouter, "user", TOptions> | ScheduledCall<TRouter, "organization", TOptions & InOrganization>
  : SystemCall<TRouter, TOptions>;

/**
 * The schedules of a user, or those of the app and its organizations, for a Worker. `at`, `in` and `every` have the parameters of `ctx.schedule`; `list` and `cancel` are the built-in procedures. The
 * parameters are declared invariant, because comparing the calls of all procedures would be slow.
 */
export interface ServerSchedule<in out TRouter extends AnyTRPCRouter, in out TCaller extends "user" | "system"> {
  /** Runs a mutation at a time. @throws as `ctx.schedule.at` */
  at(time: Date, ...call: CallOf<TRouter, TCaller, ScheduleOptions>): Promise<void>;
  /** Runs a mutation after a number of seconds. @throws as `ctx.schedule.in` */
  in(seconds: number, ...call: CallOf<TRouter, TCaller, ScheduleOptions>): Promise<void>;
  /** Runs a mutation at each time of a cron pattern. @throws as `ctx.schedule.every` */
  every(cron: string, ...call: CallOf<TRouter, TCaller, CronOptions>): Promise<void>;
  /**
   * Runs a dead letter of a schedule again.
   * @throws TRPCError NOT_FOUND (DEAD_LETTER_NOT_FOUND)
   */
  retry(input: { readonly id: string } & Partial<InOrganization>): Promise<void>;
}

const times = { at: "at", in: "seconds", every: "cron" } as const;

/**
 * Returns the input of the built-in procedure that a call of a server-side caller stands for: the arguments of `schedule.at`,
 * `schedule.in` and `schedule.every` as one object. Other calls have one argument.
 */
export function inputOfServerCall(path: readonly string[], args: readonly unknown[]): unknown {
  const [first, ...rest] = args;
  const [router, method = ""] = path;
  if (router !== "schedule" || path.length !== 2 || !Object.hasOwn(times, method)) return first;
  const [scheduled, input, options] = rest;
  return { ...(options as object | undefined), [times[method as keyof typeof times]]: first, path: scheduled, input };
}
