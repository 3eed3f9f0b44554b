import type { Alarms } from "../lifecycle/alarms.js";
import { lazy } from "../lifecycle/lazy.js";
import { createOutboxStore } from "../messaging/outbox-store.js";
import { createSchedules, type Schedules, type SchedulesDeps } from "./create-schedules.js";

export interface OwnerSchedulesOptions extends Omit<SchedulesDeps, "alarms" | "deadLetters" | "run"> {
  readonly alarms: SchedulesDeps["alarms"] & Pick<Alarms, "beforeUse">;
}

/** The schedules of an owner, and how they run. */
export interface OwnerSchedules {
  /** Created when they are first used, or when the alarm runs. */
  readonly schedules: () => Schedules;
  /** Sets how scheduled mutations run. The dispatcher is created after the storage. */
  readonly connectSchedules: (run: SchedulesDeps["run"]) => void;
}

/** Creates the schedules of a user, an organization or the app. Most calls do not use them. */
export function createOwnerSchedules(options: OwnerSchedulesOptions): OwnerSchedules {
  let run: SchedulesDeps["run"] = () => Promise.reject(new Error("The object has not started yet."));
  const schedules = lazy(() =>
    createSchedules({ ...options, deadLetters: createOutboxStore(options.sql), run: (call) => run(call) }),
  );
  options.alarms.beforeUse(schedules);
  return { schedules, connectSchedules: (given) => void (run = given) };
}
