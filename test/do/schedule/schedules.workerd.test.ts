import { env } from "cloudflare:workers";
import { createCaller, watchQuery } from "trpc-userdo/worker";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { calls, errors, failures, gates, runs, type SchedulesRouter } from "../../fixtures/app/schedules.js";
import { moveClock } from "../../fixtures/move-clock.js";
import { createUser, objectOf, resetSchedules, system } from "../../fixtures/schedules.js";

const HOUR = 60 * 60_000;
const DAY = 24 * HOUR;

beforeEach(resetSchedules);
afterEach(() => void vi.useRealTimers());

const inHours = (hours: number): Date => new Date(Date.now() + hours * HOUR);

describe("ctx.schedule", () => {
  it("runs a mutation once at its time, as the system", async () => {
    const { caller, runAlarm, evict } = await createUser();
    await caller.schedule.at(inHours(2), "entries.add", { text: "later" }, { name: "later" });
    await runAlarm();
    expect(await caller.entries.list()).toEqual([]);
    await evict();
    moveClock(2 * HOUR);
    await runAlarm();
    await runAlarm();
    expect(await caller.entries.list()).toEqual(["later by system"]);
    expect((await caller.schedule.list()).items).toEqual([]);
    expect(calls.filter(({ type }) => type === "schedule")).toMatchObject([
      { path: "entries.add", caller: "system", outcome: "ok", owner: { type: "user" } },
    ]);
  });

  it("runs what is due now by itself", async () => {
    const { caller } = await createUser();
    await caller.schedule.at(new Date(0), "entries.add", { text: "past" }, { name: "past" });
    await caller.schedule.in(0, "entries.add", { text: "now" }, { name: "now" });
    await expect.poll(() => caller.entries.list()).toEqual(["past by system", "now by system"]);
  });

  it("commits with the transaction of its cause", async () => {
    const { caller, query } = await createUser();
    const at = inHours(1);
    await expect(caller.entries.remind({ text: "failed", at, fails: true })).rejects.toThrow();
    await caller.entries.remind({ text: "kept", at });
    expect(await query("SELECT name FROM _schedules")).toEqual([{ name: "kept" }]);
  });

  it("can be used by the run itself, under its own name", async () => {
    const { caller } = await createUser();
    await caller.schedule.in(0, "entries.chain", { left: 2 }, { name: "chain" });
    await expect.poll(async () => (await caller.entries.list()).length).toBe(3);
    await expect.poll(async () => (await caller.schedule.list()).items).toEqual([]);
  });

  it("can be used by hooks and by methods of the class", async () => {
    const { caller, stub } = await createUser();
    await stub().scheduleInClass("class");
    await expect.poll(() => caller.entries.list()).toEqual(["class by system"]);
  });

  it("replaces a schedule of the same name, also by twenty concurrent calls", async () => {
    const { caller, runAlarm, evict } = await createUser();
    await caller.schedule.at(inHours(1), "entries.add", { text: "first" }, { name: "one" });
    const at = inHours(2);
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        caller.schedule.at(at, "entries.add", { text: `last ${index % 2}` }, { name: "one" }),
      ),
    );
    await evict();
    const { items } = await caller.schedule.list();
    expect(items).toMatchObject([{ name: "one", path: "entries.add", dueAt: at, attempts: 0, cancellable: false }]);
    moveClock(1.5 * HOUR);
    await runAlarm();
    expect(await caller.entries.list()).toEqual([]);
    moveClock(HOUR);
    await runAlarm();
    expect(await caller.entries.list()).toHaveLength(1);
  });

  it("runs twenty concurrent schedules of one name that are due now once", async () => {
    const { caller } = await createUser();
    const at = new Date();
    const set = () => caller.schedule.at(at, "entries.add", { text: "once" }, { name: "once" });
    await Promise.all(Array.from({ length: 20 }, set));
    await expect.poll(async () => (await caller.schedule.list()).items).toEqual([]);
    expect(await caller.entries.list()).toEqual(["once by system"]);
  });

  it("cancels a schedule", async () => {
    const { caller, alarmAt } = await createUser();
    await caller.schedule.at(inHours(1), "entries.add", { text: "never" }, { name: "never" });
    expect(await caller.schedule.cancel({ name: "never" })).toBe(true);
    expect(await caller.schedule.cancel({ name: "never" })).toBe(false);
    expect((await caller.schedule.list()).items).toEqual([]);
    expect((await alarmAt()) ?? Infinity).toBeGreaterThan(Date.now() + 1.5 * HOUR);
  });

  it("lists pages, the next run first", async () => {
    const { caller } = await createUser();
    for (const hours of [3, 1, 2])
      await caller.schedule.at(inHours(hours), "entries.add", { text: `${hours}` }, { name: `in ${hours}` });
    const first = await caller.schedule.list({ limit: 2 });
    expect(first.items.map(({ name }) => name)).toEqual(["in 1", "in 2"]);
    const second = await caller.schedule.list({ limit: 2, cursor: first.nextCursor });
    expect(second).toMatchObject({ items: [{ name: "in 3", input: { text: "3" } }], nextCursor: null });
    await expect(caller.schedule.list({ cursor: "x" })).rejects.toMatchObject({
      shape: { data: { reason: "CURSOR_INVALID" } },
    });
  });

  it("runs in organizations and in the app's object", async () => {
    const { caller } = await createUser();
    const { id: organizationId } = await caller.organizations.create({ name: "Acme" });
    await system.schedule.in(0, "shared.add", { text: "org" }, { name: "org", organizationId });
    await system.schedule.in(0, "notices.add", { text: "app" }, { name: "app" });
    await expect.poll(() => system.shared.list({ organizationId })).toEqual(["org by system"]);
    await expect.poll(() => system.notices.list()).toContain("app by system");
    await system.schedule.in(3600, "shared.add", { text: "org" }, { name: "org", organizationId });
    await system.organizations.delete({ organizationId });
    expect(
      await objectOf(`organization:${organizationId}`).query(
        "SELECT name FROM sqlite_master WHERE name = '_schedules'",
      ),
    ).toEqual([]);
  });

  it("is refused in a live query", async () => {
    const { caller } = await createUser();
    const watched = watchQuery(caller.entries.scheduleInQuery).next();
    await expect(watched).rejects.toMatchObject({ shape: { data: { reason: "LIVE_QUERY_WRITES" } } });
    expect((await caller.schedule.list()).items).toEqual([]);
  });
});

describe("a schedule that repeats", () => {
  it("runs missed times once, and then at the next one", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.parse("2031-01-01T07:00:00Z") });
    const { caller, runAlarm, evict } = await createUser();
    const options = { name: "daily", timeZone: "Europe/Berlin" };
    await caller.schedule.every("0 9 * * *", "entries.add", { text: "daily" }, options);
    const next = async () => (await caller.schedule.list()).items[0]?.dueAt.toISOString();
    expect(await next()).toBe("2031-01-01T08:00:00.000Z");
    await evict();
    moveClock(3 * DAY);
    // Set again at a sign-in, before the alarm has run.
    await caller.schedule.every("0 9 * * *", "entries.add", { text: "daily" }, options);
    expect(await next()).toBe("2031-01-01T08:00:00.000Z");
    await runAlarm();
    expect(await caller.entries.list()).toHaveLength(1);
    expect(await next()).toBe("2031-01-04T08:00:00.000Z");
    // The clock is set back, and then forward again.
    moveClock(-DAY);
    await runAlarm();
    moveClock(DAY);
    await runAlarm();
    expect(await caller.entries.list()).toHaveLength(1);
    moveClock(DAY);
    await runAlarm();
    expect(await caller.entries.list()).toHaveLength(2);
  });

  it("goes on after a run that was given up", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.parse("2031-01-01T07:00:00Z") });
    const { caller, runAlarm } = await createUser();
    failures.set("failing", 3);
    await caller.schedule.every("0 * * * *", "entries.add", { text: "failing" }, { name: "failing" });
    for (let attempt = 0; attempt < 3; attempt++) {
      moveClock(HOUR);
      await runAlarm();
    }
    expect(await caller.entries.list()).toEqual([]);
    expect(errors.map(({ reason }) => reason)).toContain("DEAD_LETTER");
    moveClock(HOUR);
    await runAlarm();
    expect(await caller.entries.list()).toHaveLength(1);
  });
});

describe("a run that fails", () => {
  it.each(["entries.add", "entries.addSlowly", "entries.addRepeatably"] as const)(
    "is repeated with pauses: %s",
    async (path) => {
      const { caller, runAlarm } = await createUser();
      failures.set("flaky", 2);
      // The types know single paths only.
      await caller.schedule.at(inHours(1), path as "entries.add", { text: "flaky" }, { name: "flaky" });
      moveClock(HOUR);
      await runAlarm();
      await runAlarm();
      expect(runs.get("flaky")).toBe(1);
      moveClock(11_000);
      await runAlarm();
      expect(runs.get("flaky")).toBe(2);
      moveClock(11_000);
      await runAlarm();
      expect(runs.get("flaky")).toBe(2);
      moveClock(11_000);
      await runAlarm();
      expect(await caller.entries.list()).toEqual(["flaky by system"]);
    },
  );

  it("becomes a dead letter, which operators and the app can retry", async () => {
    const { caller, runAlarm, userId } = await createUser();
    failures.set("dead", 6);
    await caller.schedule.at(inHours(1), "entries.add", { text: "dead" }, { name: "dead" });
    const useUpAttempts = async () => {
      for (let attempt = 0; attempt < 3; attempt++) {
        moveClock(HOUR);
        await runAlarm();
      }
    };
    await useUpAttempts();
    expect(runs.get("dead")).toBe(3);
    const letters = async () => (await system.admin.users.get({ userId })).deadLetters;
    expect(await letters()).toMatchObject([{ kind: "schedule entries.add", attempts: 3 }]);
    expect(errors.filter(({ reason }) => reason === "DEAD_LETTER")).toMatchObject([{ path: "entries.add" }]);
    const [{ id } = { id: "" }] = await letters();
    await system.admin.users.retryDeadLetter({ userId, id, reason: "Ticket 4711" });
    expect(await letters()).toEqual([]);
    await useUpAttempts();
    expect(runs.get("dead")).toBe(6);
    const [again] = await letters();
    await caller.schedule.retry({ id: again?.id ?? "" });
    await runAlarm();
    expect(await caller.entries.list()).toEqual(["dead by system"]);
    const repeated = caller.schedule.retry({ id: again?.id ?? "" });
    await expect(repeated).rejects.toMatchObject({ shape: { data: { reason: "DEAD_LETTER_NOT_FOUND" } } });
  });

  it("does not run again if an async mutation without t.repeatable was interrupted", async () => {
    const { caller, runAlarm, reset, stub } = await createUser();
    gates.set("slow", new Promise(() => {}));
    await caller.schedule.in(0, "entries.addSlowly", { text: "slow" }, { name: "slow" });
    await expect.poll(() => runs.get("slow")).toBe(1);
    await reset();
    gates.clear();
    const deadLetters = async () => {
      await runAlarm();
      return (await stub().deadLetters()).map(({ kind }) => kind);
    };
    await expect.poll(deadLetters).toEqual(["schedule entries.addSlowly"]);
    expect(runs.get("slow")).toBe(1);
    expect(await caller.entries.list()).toEqual([]);
  });
});

describe("an object of an earlier version", () => {
  it("gets the table of schedules in the step after its version", async () => {
    const { caller, ...user } = await createUser();
    const { id: organizationId } = await caller.organizations.create({ name: "Acme" });
    await system.notices.list();
    const names = [`organization:${organizationId}`, "app:main"];
    // Each object, the version before the step, and the newest one.
    const objects = [[user, 1, 3] as const, ...names.map((name) => [objectOf(name), 0, 2] as const)];
    for (const [{ query, evict }, before] of objects) {
      await query("DROP TABLE _schedules");
      await query(`UPDATE _object SET version = ${before}, fingerprint = 'earlier'`);
      await evict();
    }
    await caller.schedule.in(3600, "entries.add", { text: "user" }, { name: "upgraded" });
    await system.schedule.in(3600, "shared.add", { text: "organization" }, { name: "upgraded", organizationId });
    await system.schedule.in(3600, "notices.add", { text: "app" }, { name: "upgraded" });
    for (const [{ query }, , version] of objects) {
      expect(await query("SELECT name FROM _schedules")).toContainEqual({ name: "upgraded" });
      expect(await query("SELECT version FROM _object")).toEqual([{ version }]);
    }
  });
});

describe("many schedules", () => {
  it("runs 10,000 of one object, in order", { timeout: 120_000 }, async () => {
    const { caller, runAlarm, query } = await createUser();
    const at = Date.now() + HOUR;
    await query(`
      WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 9999)
      INSERT INTO _schedules (name, version, due_at, run_at, attempts, retries, cancellable, path, input)
      SELECT 'n' || n, 'v', ${at} + n, ${at} + n, 0, 0, 0, 'entries.add', '{"text":"n' || n || '"}' FROM numbers`);
    await caller.schedule.at(new Date(at), "entries.add", { text: "n0" }, { name: "n0" });
    moveClock(2 * HOUR);
    await expect
      .poll(
        async () => {
          await runAlarm();
          return (await query("SELECT count(*) AS count FROM _schedules"))[0]?.["count"];
        },
        { timeout: 110_000 },
      )
      .toBe(0);
    const [{ count } = {}] = await query("SELECT count(*) AS count FROM entries");
    expect(count).toBe(10_000);
    const order = await query("SELECT text FROM entries ORDER BY rowid LIMIT 3");
    expect(order.map(({ text }) => text)).toEqual(["n0", "n1", "n2"]);
  });

  it("does not wait for a slow one", async () => {
    const { caller } = await createUser();
    const { promise, resolve } = Promise.withResolvers<void>();
    gates.set("slow", promise);
    await caller.schedule.in(0, "entries.addSlowly", { text: "slow" }, { name: "slow" });
    await expect.poll(() => runs.get("slow")).toBe(1);
    await caller.schedule.in(0, "entries.add", { text: "fast" }, { name: "fast" });
    await expect.poll(() => caller.entries.list(), { timeout: 25_000 }).toEqual(["fast by system"]);
    resolve();
    await expect.poll(() => caller.entries.list()).toEqual(["fast by system", "slow by system"]);
  });
});

describe("a schedule of an account", () => {
  it("is paused while it is suspended, and runs afterwards", async () => {
    const { caller, runAlarm, userId } = await createUser();
    await caller.schedule.at(inHours(1), "entries.add", { text: "rested" }, { name: "rested" });
    await system.admin.users.suspend({ userId, reason: "Ticket 4711" });
    moveClock(2 * HOUR);
    await runAlarm();
    await system.admin.users.unsuspend({ userId, reason: "Ticket 4711" });
    await runAlarm();
    expect(await caller.entries.list()).toEqual(["rested by system"]);
    expect(runs.get("rested")).toBe(1);
  });

  it("has run if the account was suspended during the run", async () => {
    const { caller, query, userId } = await createUser();
    const { promise, resolve } = Promise.withResolvers<void>();
    gates.set("during", promise);
    await caller.schedule.in(0, "entries.addRepeatably", { text: "during" }, { name: "during" });
    await expect.poll(() => runs.get("during")).toBe(1);
    await system.admin.users.suspend({ userId, reason: "Ticket 4711" });
    resolve();
    await expect.poll(() => query("SELECT 1 FROM _schedules")).toEqual([]);
    await system.admin.users.unsuspend({ userId, reason: "Ticket 4711" });
    expect(await caller.entries.list()).toEqual(["during by system"]);
  });

  it("is exported with it, and deleted with it", async () => {
    const { caller, query, userId } = await createUser();
    await caller.schedule.at(inHours(1), "entries.add", { text: "mine" }, { name: "mine" });
    const records: unknown[] = [];
    for await (const record of await caller.account.export()) records.push(record);
    expect(records).toContainEqual({
      type: "schedule",
      data: expect.objectContaining({ name: "mine", input: { text: "mine" } }),
    });
    await system.admin.users.delete({ userId, reason: "Ticket 4711" });
    const tables = await query("SELECT name FROM sqlite_master WHERE name = '_schedules'");
    expect(tables.length === 0 || (await query("SELECT 1 FROM _schedules")).length === 0).toBe(true);
  });
});

describe("a schedule that is not valid", () => {
  const set = (caller: Awaited<ReturnType<typeof createUser>>["caller"], input: object, method = "in") =>
    // As a caller without the types of the app.
    (caller.schedule as unknown as Record<string, (...args: unknown[]) => Promise<void>>)[method]!(
      ...(Object.values(input) as unknown[]),
    );
  const good = { seconds: 60, path: "entries.add", input: { text: "a" }, options: { name: "a" } };

  it.each([
    ["SCHEDULE_PATH_INVALID", { path: "entries.missing" }],
    ["SCHEDULE_PATH_INVALID", { path: "entries.list" }],
    ["SCHEDULE_PATH_INVALID", { path: "shared.add" }],
    ["SCHEDULE_PATH_INVALID", { path: "notices.add" }],
    ["SCHEDULE_PATH_INVALID", { path: "auth.logout" }],
    ["SCHEDULE_PATH_INVALID", { path: "schedule.cancel" }],
    ["INPUT_INVALID", { input: { text: 1 } }],
    ["INPUT_INVALID", { input: undefined }],
    ["VALUE_TOO_LARGE", { input: { text: "x".repeat(40_000) } }],
    ["SCHEDULE_NAME_INVALID", { options: { name: "" } }],
    ["SCHEDULE_NAME_INVALID", { options: { name: "x".repeat(256) } }],
    ["SCHEDULE_TIME_INVALID", { seconds: -1 }],
    ["SCHEDULE_TIME_INVALID", { seconds: 1e12 }],
  ])("is refused with the reason %s: %j", async (reason, change) => {
    const { caller } = await createUser();
    await expect(set(caller, { ...good, ...change })).rejects.toMatchObject({ shape: { data: { reason } } });
    expect((await caller.schedule.list()).items).toEqual([]);
  });

  it("is refused with the reasons of its pattern and its time zone", async () => {
    const { caller } = await createUser();
    const every = (cron: string, timeZone: string) =>
      caller.schedule.every(cron, "entries.add", { text: "a" }, { name: "a", timeZone });
    await expect(every("nonsense", "UTC")).rejects.toMatchObject({ shape: { data: { reason: "CRON_INVALID" } } });
    await expect(every("0 0 30 2 *", "UTC")).rejects.toMatchObject({ shape: { data: { reason: "CRON_INVALID" } } });
    await expect(every("* * * * *", "Moon")).rejects.toMatchObject({
      shape: { data: { reason: "TIME_ZONE_INVALID" } },
    });
  });

  it("is refused inside an object for the same reasons", async () => {
    const { caller } = await createUser();
    const untyped = caller.entries.untyped({ path: "notices.add", input: {} });
    await expect(untyped).rejects.toMatchObject({ shape: { data: { reason: "SCHEDULE_PATH_INVALID" } } });
  });

  it("is refused above the number of schedules of an object", async () => {
    const { caller, query } = await createUser();
    await query(`
      WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 20000)
      INSERT INTO _schedules (name, version, due_at, run_at, attempts, retries, cancellable, path, input)
      SELECT 'n' || n, 'v', 9e12, 9e12, 0, 0, 0, 'entries.add', '{"text":"n"}' FROM numbers`);
    const one = caller.schedule.in(60, "entries.add", { text: "more" }, { name: "more" });
    await expect(one).rejects.toMatchObject({ shape: { data: { reason: "TOO_MANY_SCHEDULES" } } });
    await caller.schedule.in(60, "entries.add", { text: "replaced" }, { name: "n1" });
  });
});

describe("createCaller", () => {
  it("refuses a user's schedule from another object", async () => {
    const caller = createCaller<SchedulesRouter>(env.SCHEDULES_DO).asUser({ userId: "nobody" });
    const set = caller.schedule.in(60, "entries.add", { text: "a" }, { name: "a" });
    await expect(set).rejects.toMatchObject({ shape: { data: { reason: "USER_NOT_FOUND" } } });
  });
});
