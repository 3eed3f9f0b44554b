import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { createCaller } from "trpc-userdo/worker";
import { beforeEach, describe, expect, it } from "vitest";
import type { AppRouter } from "../../fixtures/app/router.js";
import { signUp } from "../../fixtures/browser.js";
import { refusalOf } from "./operate.js";

const system = createCaller<AppRouter>(env.BLOG_DO).asSystem();
const reason = "Ticket 4711";
const LAST = "CONFLICT LAST_SUPERADMIN";

async function superadmin() {
  const account = await signUp();
  await system.admin.roles.assign({ userId: account.user.id, role: "superadmin", reason });
  return account;
}

/** Only the superadmins of one test exist. */
beforeEach(async () => {
  await runInDurableObject(env.BLOG_DO.getByName("app:main"), (_instance, { storage }) => {
    const [table] = storage.sql.exec("SELECT 1 FROM sqlite_master WHERE name = '_app_role_users'").toArray();
    if (table) storage.sql.exec("DELETE FROM _app_role_users WHERE role = 'superadmin'");
  });
});

describe("the last superadmin", () => {
  it("cannot be suspended or deleted, by anybody", async () => {
    const { client, user } = await superadmin();
    const on = { userId: user.id, reason };
    expect(await refusalOf(client.admin.users.suspend.mutate(on))).toBe(LAST);
    expect(await refusalOf(client.admin.users.delete.mutate(on))).toBe(LAST);
    expect(await refusalOf(system.admin.users.suspend(on))).toBe(LAST);
    expect(await refusalOf(system.admin.users.delete(on))).toBe(LAST);
    const { items } = await system.admin.audit.list({ targetId: user.id });
    expect(items.slice(0, 4).map(({ outcome, failure }) => [outcome, failure])).toEqual(
      Array(4).fill(["failed", "LAST_SUPERADMIN"]),
    );
    expect((await client.auth.me.query()).user.id).toBe(user.id);
  });

  it("is the one who is not suspended", async () => {
    const [ada, bob] = [await superadmin(), await superadmin()];
    await ada.client.admin.users.suspend.mutate({ userId: bob.user.id, reason });
    expect(await refusalOf(system.admin.users.suspend({ userId: ada.user.id, reason }))).toBe(LAST);
    const unassign = { userId: ada.user.id, role: "superadmin", reason };
    expect(await refusalOf(system.admin.roles.unassign(unassign))).toBe(LAST);
    await system.admin.users.unsuspend({ userId: bob.user.id, reason });
    expect(await system.admin.roles.unassign(unassign)).toMatchObject({ applied: true });
  });

  it("is not a suspended user who became superadmin during the suspension", async () => {
    const ada = await superadmin();
    const { user } = await signUp();
    await system.admin.users.suspend({ userId: user.id, reason });
    await system.admin.roles.assign({ userId: user.id, role: "superadmin", reason });
    expect(await refusalOf(system.admin.users.suspend({ userId: ada.user.id, reason }))).toBe(LAST);
  });

  it("is not a superadmin whose deletion waits while another action on them is confirmed", async () => {
    const [ada, bob] = [await superadmin(), await superadmin()];
    const on = { userId: ada.user.id, reason };
    const deleting = Promise.all([
      refusalOf(system.admin.users.revokeSessions(on)),
      refusalOf(system.admin.users.delete(on)),
    ]);
    const removal = refusalOf(system.admin.roles.unassign({ userId: bob.user.id, role: "superadmin", reason }));
    expect([(await deleting)[1], await removal].filter((each) => each === "none")).toHaveLength(1);
  });

  it("remains if two superadmins suspend or delete each other at once, ten times each", async () => {
    const [ada, bob] = [await superadmin(), await superadmin()];
    const calls = await Promise.all(
      Array.from({ length: 20 }, (_each, index) => {
        const [by, on] = index % 2 ? [ada, bob] : [bob, ada];
        const action = index % 4 < 2 ? "suspend" : "delete";
        return refusalOf(by.client.admin.users[action].mutate({ userId: on.user.id, reason }));
      }),
    );
    expect(calls).toContain("none");
    const left = await Promise.all(
      [ada, bob].map(async ({ user }) => {
        const found = await system.admin.users.get({ userId: user.id }).catch(() => undefined);
        return found?.status === "active" && found.roles.includes("superadmin");
      }),
    );
    expect(left.filter(Boolean)).toHaveLength(1);
  });

  it("stays a superadmin if the suspension or the deletion of another fails", async () => {
    const [ada, bob] = [await superadmin(), await superadmin()];
    expect(await refusalOf(system.admin.users.suspend({ userId: "x", reason }))).toBe("NOT_FOUND USER_NOT_FOUND");
    await system.admin.users.suspend({ userId: ada.user.id, reason });
    expect(await refusalOf(system.admin.users.delete({ userId: bob.user.id, reason }))).toBe(LAST);
    expect((await bob.client.admin.users.get.query({ userId: bob.user.id })).roles).toContain("superadmin");
  });
});
