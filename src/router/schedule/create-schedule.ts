import type { Owner } from "../../shared/owner.js";
import type { NewSchedule } from "../../shared/schedule.js";
import type { CronOptions, Schedule, ScheduleOptions } from "./schedule-api.js";
import type { ScheduleService } from "./schedule-service.js";

/** A call without the types of a router. */
type UntypedCall = readonly [path: string, input: unknown, options: ScheduleOptions];

/** Creates `ctx.schedule`. */
export function createSchedule<TOwner extends Owner["type"]>(service: ScheduleService): Schedule<TOwner> {
  const set = (time: NewSchedule["time"], [path, input, options]: UntypedCall): void => {
    const { name, cancellable = false } = (options as ScheduleOptions | undefined) ?? { name: "" };
    service.set({ time, path, input, name, cancellable });
  };
  return {
    at: (at, ...call) => set({ at }, call as unknown as UntypedCall),
    in: (seconds, ...call) => set({ in: seconds }, call as unknown as UntypedCall),
    every(cron, ...call) {
      const [path, input, options] = call as unknown as readonly [string, unknown, CronOptions];
      set({ cron, timeZone: (options as CronOptions | undefined)?.timeZone ?? "UTC" }, [path, input, options]);
    },
    cancel: service.cancel,
    list: service.list,
  };
}
