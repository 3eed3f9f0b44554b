import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { auditDefaults, auditSchema, createAuditLog, type AuditLog } from "../../../src/do/accounts/audit-log.js";
import type { AuditAction } from "../../../src/shared/audit.js";
import { signUp } from "../../fixtures/browser.js";

const DAY = 24 * 60 * 60_000;

type Outcome = "ok" | "failed";
interface Opened {
  readonly log: AuditLog;
  readonly sql: SqlStorage;
  readonly add: (action: AuditAction, times?: number, outcome?: Outcome) => void;
  readonly count: (action: AuditAction, outcome?: Outcome) => number;
  readonly total: () => number;
}

/** An audit log in an empty object. */
function withLog(maxEntries: number, work: (opened: Opened) => void): Promise<void> {
  const object = env.BARE_DO.getByName(crypto.randomUUID());
  return runInDurableObject(object, (_instance, { storage: { sql } }) => {
    sql.exec(auditSchema);
    const log = createAuditLog(sql, { ...auditDefaults, maxEntries });
    const numberOf = (query: string, ...values: string[]) => Number(sql.exec(query, ...values).one()["count"]);
    work({
      log,
      sql,
      add(action, times = 1, outcome = "ok") {
        for (let index = 0; index < times; index++) log.add({ action, outcome, device: {} });
      },
      count: (action, outcome = "ok") =>
        numberOf("SELECT count(*) AS count FROM _audit WHERE action = ? AND outcome = ?", action, outcome),
      total: () => numberOf("SELECT count(*) AS count FROM _audit"),
    });
  });
}

const repeatable = [
  ["account.export", "ok"],
  ["profile.update", "ok"],
  ["session.revoke", "ok"],
  ["email.changeRequest", "ok"],
  ["password.confirm", "failed"],
  ["password.resetRequest", "ok"],
  ["password.resetRequest", "failed"],
] as const;

const others = [
  ["login", "ok"],
  ["login", "failed"],
  ["logout", "ok"],
  ["password.change", "ok"],
] as const;

describe("a full audit log", () => {
  it.each(repeatable)("keeps all sign-ins and failures when %s (%s) is repeated", (action, outcome) =>
    withLog(200, ({ add, count, total }) => {
      add("signup");
      add("login", 60);
      add("login", 60, "failed");
      add("session.reuse", 1, "failed");
      add(action, 1_000, outcome);
      expect([count("signup"), count("login"), count("login", "failed")]).toEqual([1, 60, 60]);
      expect(count("session.reuse", "failed")).toBe(1);
      expect(total()).toBeLessThan(200 + 50);
    }),
  );

  it.each(others)("keeps the newest of every other kind when %s (%s) is repeated", (action, outcome) =>
    withLog(200, ({ add, count, total }) => {
      add("signup");
      const kept = [...repeatable, ...others].filter(([name, end]) => name !== action || end !== outcome);
      for (const [name, end] of kept) add(name, 6, end);
      add(action, 1_000, outcome);
      expect(count("signup")).toBe(1);
      expect(kept.map(([name, end]) => count(name, end))).toEqual(kept.map(() => 6));
      expect(total()).toBeLessThan(200 + 50);
    }),
  );

  it("deletes the oldest of a kind, and adds new entries of a repeatable one", () =>
    withLog(200, ({ log, add }) => {
      add("login", 400);
      add("account.export", 5);
      const { items: entries } = log.list({ limit: 1_000 });
      expect(entries.slice(0, 5).map(({ action }) => action)).toEqual(Array(5).fill("account.export"));
      const ids = entries.map(({ id }) => id);
      expect(ids).toEqual(ids.map((_, index) => 405 - index));
    }));

  it("deletes nothing before it is full", () =>
    withLog(200, ({ add, total }) => {
      add("account.export", 200);
      expect(total()).toBe(200);
    }));

  it.each([1, 5, 19])("never stores more than %s entries, and never reuses an id", (entries) =>
    withLog(entries, ({ log, add, total }) => {
      for (let round = 0; round < 20; round++) for (const [action, outcome] of repeatable) add(action, 1, outcome);
      add("login", 10);
      expect(total()).toBe(entries);
      expect(log.list({ limit: 1 }).items[0]?.id).toBe(150);
    }),
  );

  it("deletes entries that are too old, reserved ones included", () =>
    withLog(200, ({ sql, add, count }) => {
      add("login", 10);
      sql.exec("UPDATE _audit SET at = ?", Date.now() - 366 * DAY);
      add("account.export", 40);
      expect([count("login"), count("account.export")]).toEqual([0, 40]);
    }));
});

it("keeps the entries of a user whose session exports repeatedly", async () => {
  const { client, user } = await signUp();
  await runInDurableObject(env.BLOG_DO.getByName(`user:${user.id}`), (_instance, { storage }) => {
    const log = createAuditLog(storage.sql, auditDefaults);
    for (let index = 0; index < 10_100; index++) log.add({ action: "account.export", outcome: "ok", device: {} });
  });
  const { items: entries } = await client.account.audit.list.query({ action: "signup" });
  expect(entries).toHaveLength(1);
});
