import type { Page } from "../../shared/page.js";
import type { ListedSchedule, NewSchedule, SchedulePage } from "../../shared/schedule.js";

/** The schedules of an object. The errors are documented at `Schedule`. */
export interface ScheduleService {
  set(schedule: NewSchedule): void;
  find(name: string): ListedSchedule | undefined;
  /** Returns whether the schedule existed. */
  cancel(name: string): boolean;
  list(page?: SchedulePage): Page<ListedSchedule>;
  /** Runs a dead letter of a schedule again. Returns whether it exists. */
  retry(id: string): boolean;
}
