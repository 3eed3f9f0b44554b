import type { AnyTRPCRouter } from "@trpc/server";
import { checkNumber } from "../shared/check-options.js";
import type { UserFilter } from "../shared/directory.js";
import type { NamedObjects } from "../shared/restricted-namespace.js";
import { createCaller, type CallerFactory, type CallerOptions } from "./create-caller.js";
import { usersIn, type ListUsers } from "./user-source.js";

/** A user, as the work receives it. */
export interface UserWork<TRouter extends AnyTRPCRouter> {
  readonly userId: string;
  /** Calls procedures as the user. */
  readonly caller: ReturnType<CallerFactory<TRouter>["asUser"]>;
}

/** A user for whom the work failed. */
export interface UserFailure {
  readonly userId: string;
  readonly error: unknown;
}

/** How far a run has come. */
export interface UserProgress {
  /** The users for whom the work has ended, failures included. */
  readonly done: number;
  readonly failed: number;
  /** Where to continue after a stop: the option `resume` of the next run. Text for a cookie, a key or a message of a queue. */
  readonly cursor: string;
}

/** The end of a run. */
export interface UserRun {
  /** The users for whom the work has ended, failures included. */
  readonly done: number;
  /** The users for whom the work failed, including those that are not in `failures`. */
  readonly failed: number;
  /** The failures, up to `maxFailures`, in the order in which they ended. */
  readonly failures: readonly UserFailure[];
  /** Where to continue; `null` if all users are done. */
  readonly cursor: string | null;
}

/** Options of {@link forEachUser}. */
export interface ForEachUserOptions extends CallerOptions {
  /**
   * How many users are worked on at once; at most 100.
   * @default 6
   */
  readonly concurrency?: number | undefined;
  /**
   * The most users of this run. Each user is at least one subrequest, which the platform limits for each invocation.
   * @default all users
   */
  readonly limit?: number | undefined;
  /**
   * The cursor of an earlier run with the same users. A few users after it may be repeated.
   * @default the first user
   */
  readonly resume?: string | null | undefined;
  /**
   * Called after users have ended, and awaited before it is called again. Store the cursor here to survive a crash. If it throws,
   * the run stops and rejects with its error.
   * @default nothing
   */
  readonly onProgress?: ((progress: UserProgress) => void | Promise<void>) | undefined;
  /**
   * Stops the run after the users that have started.
   * @default never
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * How many failures are collected. Later ones are only counted.
   * @default 1000
   */
  readonly maxFailures?: number | undefined;
}

const MAX_CONCURRENCY = 100;

/**
 * Runs work for many users, from a cron trigger or a queue consumer: with bounded concurrency, progress and a cursor to continue
 * from. A user for whom the work fails does not stop the others.
 *
 * @param users ids in an order that does not change, or the filter of `admin.users.list`, `{}` for all users
 * @example
 * ```ts
 * const { failures, cursor } = await forEachUser<AppRouter>(env.BLOG_DO, { status: "active" }, ({ caller }) =>
 *   caller.digest.send(),
 * );
 * ```
 * @throws Error if an option is not valid, TRPCError BAD_REQUEST (CURSOR_INVALID) for `resume`, and the errors of the directory and of
 * `onProgress`
 */
export async function forEachUser<TRouter extends AnyTRPCRouter>(
  binding: NamedObjects<unknown>,
  users: Iterable<string> | AsyncIterable<string> | UserFilter,
  work: (user: UserWork<TRouter>) => unknown,
  options: ForEachUserOptions = {},
): Promise<UserRun> {
  const { concurrency = 6, limit = Infinity, resume, onProgress, signal, maxFailures = 1000, ...given } = options;
  checkNumber("concurrency", concurrency, { max: MAX_CONCURRENCY });
  if (limit !== Infinity) checkNumber("limit", limit);
  checkNumber("maxFailures", maxFailures, { min: 0 });
  const factory = createCaller<TRouter>(binding, given);
  // Keys are for the mutations of the work.
  const directory = createCaller(binding, { ...given, idempotencyKey: undefined }).asSystem();
  const list = (directory as unknown as { admin: { users: { list: ListUsers } } }).admin.users.list;

  const failures: UserFailure[] = [];
  const running = new Set<Promise<void>>();
  /** The users that have started, in order, from the first that has not ended. */
  let started: { readonly cursor: string; hasEnded: boolean }[] = [];
  let cursor = resume ?? "";
  let [count, done, failed] = [0, 0, 0];
  const reports = createReports(() => onProgress?.({ done, failed, cursor }));

  async function run(userId: string): Promise<void> {
    try {
      await work({ userId, caller: factory.asUser({ userId }) });
    } catch (error) {
      failed++;
      if (failures.length < maxFailures) failures.push({ userId, error });
    }
  }

  function start(userId: string, after: string): void {
    const user = { cursor: after, hasEnded: false };
    started.push(user);
    const task = run(userId).then(() => {
      running.delete(task);
      user.hasEnded = true;
      done++;
      // The cursor is behind the last user before whom all have ended.
      const open = started.findIndex(({ hasEnded }) => !hasEnded);
      const ended = open === -1 ? started : started.slice(0, open);
      cursor = ended.at(-1)?.cursor ?? cursor;
      if (ended.length > 0) started = started.slice(ended.length);
      if (onProgress) reports.request();
    });
    running.add(task);
  }

  let isComplete = true;
  try {
    for await (const { userId, cursor: after } of usersIn(users, list, cursor === "" ? undefined : cursor)) {
      while (running.size >= concurrency) await Promise.race(running);
      if (signal?.aborted || count >= limit || reports.hasFailed()) {
        isComplete = false;
        break;
      }
      count++;
      start(userId, after);
    }
  } finally {
    // Also if the directory fails, so that the last progress is reported.
    await Promise.all(running);
    await reports.end();
  }
  return { done, failed, failures, cursor: isComplete ? null : cursor };
}

/** Calls a function after changes, one call at a time. Changes during a call cause one further call. */
function createReports(report: () => void | Promise<void> | undefined) {
  let running: Promise<void> | undefined;
  let isRequested = false;
  let failure: { readonly cause: unknown } | undefined;

  async function reportAll(): Promise<void> {
    while (isRequested && !failure) {
      isRequested = false;
      try {
        await report();
      } catch (cause) {
        failure = { cause };
      }
    }
    running = undefined;
  }

  return {
    request(): void {
      isRequested = true;
      running ??= reportAll();
    },
    hasFailed: (): boolean => failure !== undefined,
    /** Waits for the last call. @throws the error of the function */
    async end(): Promise<void> {
      await running;
      if (failure) throw failure.cause;
    },
  };
}
