import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { unreachable } from "../../fixtures/app/unreachable.js";
import { freshEmail, openBrowser, password } from "../../fixtures/browser.js";
import { assignRole, callAsApp, reason, unassignRole } from "../../fixtures/operators.js";

// An app of its own, because the other tests have superadmins of theirs.
const namespace = env.OTHER_DO;
const lastSuperadmin = { data: { code: "CONFLICT", reason: "LAST_SUPERADMIN" } };

async function signUpThere() {
  const browser = openBrowser();
  const client = browser.client("batch", "/other");
  const { user } = await client.auth.signup.mutate({ email: freshEmail(), password });
  return { client, user };
}

async function signUpSuperadmin() {
  const person = await signUpThere();
  await assignRole(person, "superadmin", namespace);
  return person;
}

const twoSuperadmins = async () => [await signUpSuperadmin(), await signUpSuperadmin()] as const;

const superadminIds = () =>
  runInDurableObject(namespace.getByName("app:main"), (_instance, { storage }) =>
    storage.sql
      .exec("SELECT user_id FROM _app_role_users WHERE role = 'superadmin'")
      .toArray()
      .map((row) => row["user_id"]),
  );

beforeEach(async () => {
  await callAsApp("admin.roles.list", {}, { namespace, type: "query" });
  await runInDurableObject(namespace.getByName("app:main"), (_instance, { storage }) => {
    storage.sql.exec("DELETE FROM _app_role_users");
  });
});

describe("the last superadmin", () => {
  it("cannot be removed, by themselves or by the app", async () => {
    const ada = await signUpSuperadmin();
    const userId = ada.user.id;
    const removal = ada.client.admin.roles.unassign.mutate({ userId, role: "superadmin", reason });
    await expect(removal).rejects.toMatchObject(lastSuperadmin);
    await expect(unassignRole(ada, "superadmin", namespace)).rejects.toMatchObject(lastSuperadmin);
    expect(await superadminIds()).toEqual([userId]);
  });

  it("cannot delete the account", async () => {
    const ada = await signUpSuperadmin();
    await expect(ada.client.account.delete.mutate({ password })).rejects.toMatchObject(lastSuperadmin);
    expect((await ada.client.auth.me.query()).user.roles).toEqual(["member", "superadmin"]);
  });
});

describe("a new superadmin whose own object has not received the role", () => {
  afterEach(() => unreachable.clear());

  it("cannot delete the account while no other superadmin exists", async () => {
    const [ada, bob] = [await signUpThere(), await signUpThere()];
    unreachable.add(`user:${ada.user.id}`);
    expect(await assignRole(ada, "superadmin", namespace)).toEqual({ applied: false, pending: 1 });
    await expect(ada.client.account.delete.mutate({ password })).rejects.toMatchObject(lastSuperadmin);
    expect(await superadminIds()).toEqual([ada.user.id]);
    await bob.client.account.delete.mutate({ password });
  });
});

describe("two superadmins", () => {
  it("cannot both be removed: of twenty removals at once, those of one of them win", async () => {
    const [ada, bob] = await twoSuperadmins();
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, (_each, index) => {
        const [by, of] = index % 2 === 0 ? [ada, bob] : [bob, ada];
        return by.client.admin.roles.unassign.mutate({ userId: of.user.id, role: "superadmin", reason });
      }),
    );
    expect(await superadminIds()).toHaveLength(1);
    expect(results.some(({ status }) => status === "fulfilled")).toBe(true);
    expect(results.some(({ status }) => status === "rejected")).toBe(true);
  });

  it("cannot both delete their accounts at once", async () => {
    const both = await twoSuperadmins();
    const results = await Promise.allSettled(both.map(({ client }) => client.account.delete.mutate({ password })));
    expect(results.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    expect(await superadminIds()).toHaveLength(1);
  });

  it("cannot both resign at once", async () => {
    const both = await twoSuperadmins();
    const results = await Promise.allSettled(
      both.map(({ client, user }) =>
        client.admin.roles.unassign.mutate({ userId: user.id, role: "superadmin", reason }),
      ),
    );
    expect(results.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    expect(await superadminIds()).toHaveLength(1);
  });
});

describe("a superadmin who is not the last one", () => {
  it("can delete the account, with which the role ends", async () => {
    const [ada, bob] = await twoSuperadmins();
    await ada.client.account.delete.mutate({ password });
    expect(await superadminIds()).toEqual([bob.user.id]);
    await expect(bob.client.account.delete.mutate({ password })).rejects.toMatchObject(lastSuperadmin);
  });
});

describe("twenty assignments and removals of one role at once", () => {
  it("leave the user's object with what the app's object has", async () => {
    const root = await signUpSuperadmin();
    const ada = await signUpThere();
    await Promise.all(
      Array.from({ length: 20 }, (_each, index) =>
        root.client.admin.roles[index % 2 === 0 ? "assign" : "unassign"].mutate({
          userId: ada.user.id,
          role: "editor",
          reason,
        }),
      ),
    );
    const stored = await runInDurableObject(namespace.getByName("app:main"), (_instance, { storage }) =>
      storage.sql.exec("SELECT 1 FROM _app_role_users WHERE user_id = ?", ada.user.id).toArray(),
    );
    const { roles } = await ada.client.guarded.me.query();
    expect(roles).toEqual(stored.length > 0 ? ["member", "editor"] : ["member"]);
  });
});
