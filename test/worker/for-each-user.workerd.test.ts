import { env } from "cloudflare:workers";
import { forEachUser, type UserProgress } from "trpc-userdo/worker";
import { beforeAll, describe, expect, it } from "vitest";
import type { SchedulesRouter } from "../fixtures/app/schedules.js";
import { eventually } from "../fixtures/eventually.js";
import { createUser, system } from "../fixtures/schedules.js";

const before = new Date();
const ids: string[] = [];

beforeAll(async () => {
  for (let count = 0; count < 8; count++) ids.push((await createUser()).userId);
  // The directory learns of new users from their objects.
  await eventually(async () => {
    expect((await system.admin.users.count({ createdAfter: before })).count).toBeGreaterThan(7);
  });
});

const run = forEachUser<SchedulesRouter>;
const withCursor = async (cursor: string | null) => expect(cursor).not.toBeNull();

describe("forEachUser", () => {
  it("calls procedures as each user, with bounded concurrency", async () => {
    let [running, most] = [0, 0];
    const result = await run(
      env.SCHEDULES_DO,
      ids,
      async ({ caller, userId }) => {
        most = Math.max(most, ++running);
        await caller.entries.add({ text: userId });
        running--;
      },
      { concurrency: 3 },
    );
    expect(result).toEqual({ done: 8, failed: 0, failures: [], cursor: null });
    expect(most).toBe(3);
    await run(env.SCHEDULES_DO, ids, async ({ caller, userId }) => {
      expect(await caller.entries.list()).toContain(`${userId} by user`);
    }).then(({ failures }) => expect(failures).toEqual([]));
  });

  it("finds the users of a filter, and each once", async () => {
    const seen: string[] = [];
    const filter = { createdAfter: before, status: "active" } as const;
    const result = await run(env.SCHEDULES_DO, filter, ({ userId }) => void seen.push(userId));
    expect(result).toMatchObject({ failed: 0, cursor: null });
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(expect.arrayContaining(ids));
  });

  it("collects the errors of users, and goes on", async () => {
    const work = ({ userId }: { userId: string }) => {
      if (userId === ids[2] || userId === ids[5]) throw new Error(`No ${userId}.`);
    };
    const result = await run(env.SCHEDULES_DO, ids, work, { maxFailures: 1, concurrency: 1 });
    expect(result).toMatchObject({ done: 8, failed: 2, cursor: null });
    expect(result.failures).toMatchObject([{ userId: ids[2], error: new Error(`No ${ids[2]}.`) }]);
    const unknown = await run(env.SCHEDULES_DO, ["nobody"], ({ caller }) => caller.entries.list());
    expect(unknown.failures).toMatchObject([
      { userId: "nobody", error: { shape: { data: { reason: "USER_NOT_FOUND" } } } },
    ]);
  });

  it.each([
    ["ids", () => ids],
    ["a filter", () => ({ createdAfter: before })],
  ] as const)("continues after a limit, with %s", async (_name, users) => {
    const seen: string[] = [];
    let resume: string | null | undefined;
    let runs = 0;
    do {
      const options = { limit: 3, concurrency: 2, resume };
      const result = await run(env.SCHEDULES_DO, users(), ({ userId }) => void seen.push(userId), options);
      expect(result.done).toBeLessThanOrEqual(3);
      resume = result.cursor;
      runs++;
    } while (resume !== null);
    expect(runs).toBeGreaterThan(2);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(expect.arrayContaining(ids));
  });

  it("reports a cursor before which all users have ended", async () => {
    const reports: UserProgress[] = [];
    const gate = Promise.withResolvers<void>();
    const result = run(env.SCHEDULES_DO, ids, ({ userId }) => (userId === ids[1] ? gate.promise : undefined), {
      concurrency: 2,
      onProgress: (progress) => void reports.push(progress),
    });
    await expect.poll(() => reports.at(-1)?.done).toBe(7);
    const seen: string[] = [];
    const resumed = { resume: reports.at(-1)?.cursor };
    await run(env.SCHEDULES_DO, ids, ({ userId }) => void seen.push(userId), resumed);
    expect(seen).toEqual(ids.slice(1));
    gate.resolve();
    expect(await result).toMatchObject({ done: 8, cursor: null });
    expect(reports.at(-1)).toMatchObject({ done: 8, failed: 0 });
  });

  it("stops at a signal, or if the progress cannot be stored", async () => {
    const stop = new AbortController();
    const stopped = await run(env.SCHEDULES_DO, ids, ({ userId }) => userId === ids[3] && stop.abort(), {
      signal: stop.signal,
      concurrency: 1,
    });
    expect(stopped.done).toBe(4);
    await withCursor(stopped.cursor);
    const failing = run(env.SCHEDULES_DO, ids, () => {}, { onProgress: () => Promise.reject(new Error("No space.")) });
    await expect(failing).rejects.toThrow("No space.");
  });

  it("has the effects of a user once, if a run with the same key is repeated", async () => {
    const options = { idempotencyKey: crypto.randomUUID() };
    const text = options.idempotencyKey;
    const add = () => run(env.SCHEDULES_DO, ids.slice(0, 2), ({ caller }) => caller.entries.add({ text }), options);
    await add();
    await add();
    await run(env.SCHEDULES_DO, ids.slice(0, 2), async ({ caller }) => {
      expect((await caller.entries.list()).filter((entry) => entry.startsWith(text))).toHaveLength(1);
    }).then(({ failures }) => expect(failures).toEqual([]));
  });

  it("refuses options and cursors that are not valid", async () => {
    const start = (options: object) => run(env.SCHEDULES_DO, ids, () => {}, options);
    await expect(start({ concurrency: 0 })).rejects.toThrow("concurrency");
    await expect(start({ limit: -1 })).rejects.toThrow("limit");
    await expect(start({ resume: "page x y" })).rejects.toMatchObject({ reason: "CURSOR_INVALID" });
  });
});
