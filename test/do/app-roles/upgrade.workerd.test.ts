import { env } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { becomeEarlierVersion } from "../../fixtures/earlier-version.js";
import { codeOf } from "../../fixtures/error-code.js";
import { assignRole } from "../../fixtures/operators.js";
import { organizationName, signUpVerified } from "../../fixtures/organizations.js";

/** Deletes tables that the earlier version did not have, and stops the object. */
async function downgrade(name: string, ...tables: string[]): Promise<void> {
  const object = env.BLOG_DO.getByName(name);
  await runInDurableObject(object, (_instance, { storage: { sql } }) => {
    for (const table of tables) sql.exec(`DROP TABLE "${table}"`);
    becomeEarlierVersion(sql);
  });
  await evictDurableObject(object);
}

describe("objects of a version without roles in the app", () => {
  it("get them at their next start, and their users are members", async () => {
    const ada = await signUpVerified();
    const { id: organizationId } = await ada.client.organizations.create.mutate({ name: "Acme" });
    await downgrade(`user:${ada.user.id}`, "_user_app_roles", "_user_app_roles_lease", "_app_role_holders");
    await downgrade(organizationName(organizationId), "_member_app_roles");
    expect(await ada.client.guarded.me.query()).toEqual({ roles: ["member"], permissions: ["news:read"] });
    expect(await codeOf(ada.client.guarded.projects.query({ organizationId }))).toBe("FORBIDDEN");
    expect(await assignRole(ada, "editor")).toEqual({ applied: true, pending: 0 });
    expect(await ada.client.guarded.notes.query()).toBe(0);
    expect(await ada.client.guarded.projects.query({ organizationId })).toBe(0);
  });

  it("do not know the message with the roles, which is delivered after the upgrade", async () => {
    const ada = await signUpVerified();
    const object = env.BLOG_DO.getByName(`user:${ada.user.id}`);
    const unknown = await object.internal({
      op: "deliver",
      source: "app:main earlier",
      letters: [{ seq: 1, kind: "notYetKnown", payload: {} }],
    });
    expect(unknown).toMatchObject({ done: 0, error: expect.stringContaining("notYetKnown") as string });
  });
});
