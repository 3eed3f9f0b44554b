/** A mutation that an object runs later. */
export interface ListedSchedule {
  readonly name: string;
  readonly path: string;
  readonly input: unknown;
  /** The time for which the next run is scheduled. */
  readonly dueAt: Date;
  /** When the next attempt is made: `dueAt`, or later if attempts have failed. */
  readonly nextAttemptAt: Date;
  /** The failed attempts for `dueAt`. */
  readonly attempts: number;
  /** The pattern and the time zone of a schedule that repeats. */
  readonly cron?: string;
  readonly timeZone?: string;
  /** Whether clients can cancel it. */
  readonly cancellable: boolean;
}

/** The part of the list of schedules that is read. */
export interface SchedulePage {
  /** The `nextCursor` of the previous page. */
  readonly cursor?: string | null | undefined;
  /**
   * 1 to 200.
   * @default 50
   */
  readonly limit?: number | undefined;
}

/** A schedule that is set. `time` has the time or the pattern. */
export interface NewSchedule {
  readonly time: { readonly at: Date } | { readonly in: number } | { readonly cron: string; readonly timeZone: string };
  readonly path: string;
  readonly input: unknown;
  readonly name: string;
  readonly cancellable: boolean;
}
