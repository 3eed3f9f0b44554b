import { env } from "cloudflare:workers";
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { actionLogSchema, createActionLog, type ActionLog, type NewAction } from "../../../src/do/audit/action-log.js";
import { actionLogOptions, type ActionLogOptions } from "../../../src/do/audit/action-log-options.js";
import { createAlarms } from "../../../src/do/lifecycle/alarms.js";
import { changeLogSql } from "../../../src/do/tables/schema/change-log-sql.js";
import type { AuditedAction } from "../../../src/shared/audited-action.js";
import { actionFaults, keptActions } from "../../fixtures/app/kept-actions.js";
import { signUp } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";
import { eventually } from "../../fixtures/eventually.js";
import { moveClock } from "../../fixtures/move-clock.js";
import { shortenTimeouts } from "../../fixtures/shorten-timeouts.js";
import { freshRole, reason, signUpWith } from "../../fixtures/operators.js";
import { signUpVerified } from "../../fixtures/organizations.js";

const DAY = 24 * 60 * 60_000;
const actor = { type: "user", id: "ada" } as const;

interface Opened {
  readonly log: ActionLog;
  readonly all: () => AuditedAction[];
}

/** A log in an empty object. */
function withLog(options: ActionLogOptions, work: (opened: Opened) => void | Promise<void>): Promise<void> {
  const object = env.BARE_DO.getByName(crypto.randomUUID());
  return runInDurableObject(object, async (_instance, { storage }) => {
    for (const statement of [...changeLogSql, actionLogSchema]) storage.sql.exec(statement);
    const log = createActionLog({
      sql: storage.sql,
      options: actionLogOptions("operatorAudit", options),
      isInitialized: () => true,
      alarms: createAlarms({ storage, onError() {} }),
      deliver: undefined,
    });
    await work({ log, all: () => log.list({ limit: 1_000 }).items });
  });
}

function addMany(log: ActionLog, count: number, action: Partial<NewAction> = {}): void {
  for (let index = 0; index < count; index++) log.add({ actor, action: "user.suspend", ...action });
}

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("the audit log of the app", () => {
  it("lists entries by action, actor, target and time, the newest first and page by page", () =>
    withLog({}, ({ log }) => {
      const at = (day: number) => new Date(Date.UTC(2026, 0, day));
      vi.useFakeTimers({ toFake: ["Date"], now: at(1) });
      log.add({ actor, action: "role.assign", target: { type: "user", id: "bob" }, detail: "editor", reason });
      vi.setSystemTime(at(2));
      log.add({ actor: { type: "user", id: "eve" }, action: "role.assign", target: { type: "user", id: "ada" } });
      vi.setSystemTime(at(3));
      log.add({ actor: { type: "system" }, action: "role.create", outcome: "failed", failure: "ROLE_TAKEN" });
      const ids = (filter: object) => log.list({ limit: 10, ...filter }).items.map(({ id }) => id);
      expect(ids({})).toEqual([3, 2, 1]);
      expect(ids({ action: "role.assign" })).toEqual([2, 1]);
      expect(ids({ actorId: "ada" })).toEqual([1]);
      expect(ids({ targetId: "ada" })).toEqual([2]);
      expect(ids({ after: at(2), before: at(3) })).toEqual([2]);
      expect(ids({ actorId: "ada", action: "role.create" })).toEqual([]);
      const first = log.list({ limit: 2 });
      expect(first.items.map(({ id }) => id)).toEqual([3, 2]);
      const second = log.list({ limit: 2, cursor: first.nextCursor ?? "" });
      expect([second.items.map(({ id }) => id), second.nextCursor]).toEqual([[1], null]);
      expect(second.items).toEqual([
        {
          id: 1,
          at: at(1),
          actor,
          action: "role.assign",
          target: { type: "user", id: "bob" },
          detail: "editor",
          reason,
          outcome: "ok",
        },
      ]);
      for (const cursor of ["", "0", "-1", "1e3", "x"]) expect(() => log.list({ limit: 1, cursor })).toThrow("cursor");
    }));

  it("deletes entries by age and by number, and never uses an id again", () =>
    withLog({ maxAge: DAY / 1_000, maxEntries: 100 }, ({ log, all }) => {
      vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
      addMany(log, 10);
      vi.setSystemTime(Date.now() + 2 * DAY);
      addMany(log, 40);
      expect(all()).toHaveLength(40);
      addMany(log, 150);
      expect(all().map(({ id }) => id)).toEqual(Array.from({ length: 100 }, (_each, index) => 200 - index));
    }));

  it("cannot be filled with denied calls", () =>
    withLog({ maxEntries: 100 }, ({ log, all }) => {
      addMany(log, 60);
      for (let user = 0; user < 20; user++)
        addMany(log, 10, { actor: { type: "user", id: `user-${user}` }, outcome: "denied" });
      const outcomes = all().map(({ outcome }) => outcome);
      expect(outcomes.filter((outcome) => outcome === "ok")).toHaveLength(60);
    }));

  it("records at most twenty denied calls of one user in an hour", () =>
    withLog({}, ({ log, all }) => {
      vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
      addMany(log, 30, { outcome: "denied" });
      expect(all()).toHaveLength(20);
      vi.setSystemTime(Date.now() + 61 * 60_000);
      addMany(log, 1, { outcome: "denied" });
      expect(all()).toHaveLength(21);
    }));

  it("contains the network only if the app opts in", async () => {
    const device = { network: "192.0.2.1" };
    await withLog({}, ({ log, all }) => {
      log.add({ actor, action: "role.assign", device });
      expect(all()[0]).not.toHaveProperty("network");
    });
    await withLog({ network: true }, ({ log, all }) => {
      log.add({ actor, action: "role.assign", device });
      expect(all()[0]).toMatchObject(device);
    });
  });

  it.each([
    [{ maxAge: 30 }, "operatorAudit.maxAge"],
    [{ maxEntries: 0 }, "operatorAudit.maxEntries"],
    [{ network: "yes" }, "operatorAudit.network"],
    [{ maxDays: 3 }, "maxDays"],
  ])("rejects the options %j", (options, name) => {
    expect(() => actionLogOptions("operatorAudit", options as ActionLogOptions)).toThrow(name);
  });
});

describe("admin.audit.list", () => {
  it("shows changes of roles and refused ones with who, what, whom and why", async () => {
    const [root, ada, eve] = [await signUpWith("superadmin"), await signUp(), await signUpWith("assigner")];
    const name = freshRole();
    await root.client.admin.roles.create.mutate({ name, permissions: ["user:read"] });
    await root.client.admin.roles.assign.mutate({ userId: ada.user.id, role: name, reason });
    await codeOf(eve.client.admin.roles.assign.mutate({ userId: ada.user.id, role: "superadmin", reason }));
    await codeOf(root.client.admin.roles.create.mutate({ name, permissions: [] }));
    const { items } = await root.client.admin.audit.list.query({ targetId: ada.user.id });
    expect(items).toMatchObject([
      { actor: { id: eve.user.id }, action: "role.assign", outcome: "denied", failure: "MISSING_PERMISSION" },
      { actor: { id: root.user.id }, action: "role.assign", detail: name, reason, outcome: "ok" },
    ]);
    expect((await root.client.admin.audit.list.query({ targetId: name })).items).toMatchObject([
      { action: "role.create", outcome: "failed", failure: "ROLE_TAKEN" },
      { action: "role.create", outcome: "ok" },
    ]);
  });

  it("shows calls that were refused in each kind of object, with the missing permission", async () => {
    const [root, eve] = [await signUpWith("superadmin"), await signUpVerified()];
    const { id: organizationId } = await eve.client.organizations.create.mutate({ name: "Acme" });
    await codeOf(eve.client.guarded.notes.query());
    await codeOf(eve.client.guarded.addProject.mutate({ organizationId, name: "x" }));
    await codeOf(eve.client.admin.audit.list.query());
    await eventually(async () => {
      const { items } = await root.client.admin.audit.list.query({ actorId: eve.user.id });
      expect(items.map(({ action, target, failure, outcome }) => [action, target?.id, failure, outcome])).toEqual(
        expect.arrayContaining([
          ["permission.denied", "guarded.notes", "post:moderate", "denied"],
          ["permission.denied", "guarded.addProject", "project:inspect", "denied"],
          ["permission.denied", "admin.audit.list", "audit:read", "denied"],
        ]),
      );
    });
  });
});

describe("onAudit", () => {
  it("receives every entry in order, and again after it failed", async () => {
    actionFaults.count = 1;
    const root = await signUpWith("superadmin");
    const name = freshRole();
    await root.client.admin.roles.create.mutate({ name, permissions: [] });
    await root.client.admin.roles.delete.mutate({ name });
    await eventually(() =>
      expect(keptActions.filter(({ target }) => target?.id === name).map(({ action }) => action)).toEqual([
        "role.create",
        "role.delete",
      ]),
    );
    const ids = keptActions.map(({ id }) => id);
    expect(ids).toEqual(ids.toSorted((one, other) => one - other));
  });

  it("receives the entries again after a call that never returns, which does not stop other tasks", async () => {
    const root = await signUpWith("superadmin");
    shortenTimeouts();
    actionFaults.hangs = true;
    const name = freshRole();
    await root.client.admin.roles.create.mutate({ name, permissions: [] });
    await eventually(() => expect(actionFaults.hangs).toBe(false));
    await eventually(async () => {
      // Longer than the pause after a failure.
      moveClock(60_000);
      await runDurableObjectAlarm(env.BLOG_DO.getByName("app:main"));
      expect(keptActions.map(({ target }) => target?.id)).toContain(name);
    });
  });
});
