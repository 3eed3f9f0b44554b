import { env } from "cloudflare:workers";
import { createCaller } from "trpc-userdo/worker";
import { describe, expect, it } from "vitest";
import { randomId } from "../../../src/shared/random-id.js";
import type { AppRouter } from "../../fixtures/app/router.js";
import { codeOf } from "../../fixtures/error-code.js";
import { join } from "../../fixtures/organizations.js";
import { expectStops, stopEverywhere, type StoredObject } from "./stop-everywhere.js";
import { acme, anonymousClient, verified } from "./people.js";
import { freshEmail, password } from "../../fixtures/browser.js";

const reason = "Ticket 4711";

/** The operator's call, with the same key each time. */
const callerOf = (idempotencyKey: string) => createCaller<AppRouter>(env.CRASH_DO, { idempotencyKey }).asSystem();

const rowsIn = (stored: readonly StoredObject[], kind: string, table: string) =>
  stored.filter(({ name }) => name.startsWith(kind)).flatMap(({ tables }) => tables[table] ?? []);

/** The successful entries about a user in the log of the app. */
const entriesAbout = (stored: readonly StoredObject[], userId: string) =>
  rowsIn(stored, "app:", "_actions")
    .filter((row) => row["target_id"] === userId && row["outcome"] === "ok")
    .map(({ action }) => action);

describe("an object that is stopped after each step and restarted", { timeout: 480_000 }, () => {
  it("suspends a user in all objects, and records it once", async () => {
    const stops = await stopEverywhere({
      async once() {
        const ada = await verified();
        return { ada, organizationId: await acme(ada) };
      },
      cleanUp: false,
      async before({ ada, organizationId }) {
        const bob = await verified();
        await join(organizationId, { by: ada, who: bob, role: "member" });
        await bob.client.projects.list.query({ organizationId });
        return { ada, bob, organizationId, key: randomId() };
      },
      run: ({ bob, key }) => callerOf(key).admin.users.suspend({ userId: bob.user.id, reason }),
      again: ({ bob, key }) => callerOf(key).admin.users.suspend({ userId: bob.user.id, reason }),
      async after({ ada, bob, organizationId }, stored) {
        expect(entriesAbout(stored, bob.user.id)).toEqual(["user.suspend"]);
        const own = rowsIn(stored, `user:${bob.user.id}`, "_audit").map(({ action }) => action);
        expect(own.filter((action) => action === "operator.suspend")).toHaveLength(1);
        expect(rowsIn(stored, `user:${bob.user.id}`, "_sessions")).toEqual([]);
        expect(rowsIn(stored, "organization:", "_suspended_members")).toEqual([{ user_id: bob.user.id, until: null }]);
        expect(rowsIn(stored, "app:", "_operator_operations").filter(({ due }) => due !== null)).toEqual([]);
        expect(await codeOf(bob.client.projects.list.query({ organizationId }))).toBe("FORBIDDEN");
        await ada.client.organizations.members.remove.mutate({ organizationId, userId: bob.user.id });
      },
    });
    expectStops(stops, "app", "user", "organization");
  });

  it("deletes a user, and records it once", async () => {
    const stops = await stopEverywhere({
      cleanUp: false,
      async before() {
        const email = freshEmail();
        const { user } = await anonymousClient().auth.signup.mutate({ email, password });
        return { email, user, key: randomId() };
      },
      run: ({ user, key }) => callerOf(key).admin.users.delete({ userId: user.id, reason }),
      again: ({ user, key }) => callerOf(key).admin.users.delete({ userId: user.id, reason }),
      async after({ email, user }, stored) {
        expect(entriesAbout(stored, user.id)).toEqual(["user.delete"]);
        expect(rowsIn(stored, `user:${user.id}`, "_account")).toEqual([]);
        expect((await anonymousClient().auth.signup.mutate({ email, password })).user.id).not.toBe(user.id);
      },
    });
    expectStops(stops, "app", "user");
  });
});
