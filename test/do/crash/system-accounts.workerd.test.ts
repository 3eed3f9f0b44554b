import { env } from "cloudflare:workers";
import { createCaller } from "trpc-userdo/worker";
import { describe, expect, it } from "vitest";
import { randomId } from "../../../src/shared/random-id.js";
import type { AppRouter } from "../../fixtures/app/router.js";
import { freshEmail, password } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";
import { acme, anonymousClient, verified } from "./people.js";
import { expectStops, stopEverywhere, type StoredObject } from "./stop-everywhere.js";
import { expectAddress } from "./stored.js";

const callerOf = (idempotencyKey?: string) => createCaller<AppRouter>(env.CRASH_DO, { idempotencyKey }).asSystem();

/** A hash of another system, of the password of the tests. */
const passwordHash = "$pbkdf2-sha256$i=1$MDEyMzQ1Njc4OWFiY2RlZg$vqW3XmUDnKthIRWJfzzWLeqpAyG1PYIEgt6tYvQKhWA";

const actionsIn = (stored: readonly StoredObject[], userId: string, action: string) =>
  stored
    .filter(({ name }) => name === "app:main")
    .flatMap(({ tables }) => tables["_actions"] ?? [])
    .filter((row) => row["target_id"] === userId && row["action"] === action);

describe("an object that is stopped after each step and restarted", { timeout: 480_000 }, () => {
  it("creates one account for the app, and returns it to a repeat with the same key", async () => {
    const stops = await stopEverywhere({
      before: async () => ({ email: freshEmail(), key: randomId(), ids: new Set<string>() }),
      async run({ email, key, ids }) {
        ids.add((await callerOf(key).admin.users.create({ email, emailVerified: true, passwordHash })).userId);
      },
      async again({ email, key, ids }) {
        ids.add((await callerOf(key).admin.users.create({ email, emailVerified: true, passwordHash })).userId);
      },
      async after({ email, ids }, stored) {
        const [userId = ""] = ids;
        expect(ids.size).toBe(1);
        expectAddress(stored, email, userId);
        expect(actionsIn(stored, userId, "user.create")).toHaveLength(1);
        expect((await anonymousClient().auth.login.mutate({ email, password })).user.id).toBe(userId);
      },
    });
    expectStops(stops, "app", "email", "user");
  });

  it("creates one account for the app, and refuses a repeat without a key", async () => {
    await stopEverywhere({
      before: async () => freshEmail(),
      run: (email) => callerOf().admin.users.create({ email, emailVerified: false, passwordHash }),
      async again(email) {
        const repeated = callerOf().admin.users.create({ email, emailVerified: false, passwordHash });
        expect(["none", "CONFLICT"]).toContain(await codeOf(repeated));
      },
      async after(email, stored) {
        const { user } = await anonymousClient().auth.login.mutate({ email, password });
        expectAddress(stored, email, user.id);
        expect(actionsIn(stored, user.id, "user.create")).toHaveLength(1);
      },
    });
  });

  it("records each session that the app creates in both logs", async () => {
    const stops = await stopEverywhere({
      cleanUp: false,
      async before() {
        const email = freshEmail();
        const { user } = await anonymousClient().auth.signup.mutate({ email, password });
        return user;
      },
      run: ({ id: userId }) => callerOf().admin.users.createSession({ userId }),
      again: ({ id: userId }) => callerOf().admin.users.createSession({ userId }),
      async after({ id }, stored) {
        const own = stored.find(({ name }) => name === `user:${id}`)?.tables;
        const created = own?.["_audit"]?.filter((row) => row["action"] === "session.create") ?? [];
        // The session of the sign-up is the other one.
        expect(own?.["_sessions"]).toHaveLength(created.length + 1);
        expect(actionsIn(stored, id, "user.createSession")).toHaveLength(created.length);
      },
    });
    expectStops(stops, "app", "user");
  });

  it("adds a member once, who finds the organization", async () => {
    const stops = await stopEverywhere({
      async once() {
        const ada = await verified();
        return { ada, organizationId: await acme(ada) };
      },
      cleanUp: false,
      async before({ ada, organizationId }) {
        return { ada, organizationId, bob: await verified() };
      },
      run: ({ bob, organizationId }) =>
        callerOf().organizations.members.add({ organizationId, userId: bob.user.id, role: "member" }),
      again: ({ bob, organizationId }) =>
        callerOf().organizations.members.add({ organizationId, userId: bob.user.id, role: "member" }),
      async after({ ada, bob, organizationId }, stored) {
        const [mine] = await bob.client.organizations.list.query();
        expect(mine).toMatchObject({ status: "member", id: organizationId, role: "member" });
        const entries = stored
          .filter(({ name }) => name === `organization:${organizationId}`)
          .flatMap(({ tables }) => tables["_actions"] ?? [])
          .filter((row) => row["action"] === "member.add" && row["target_id"] === bob.user.id);
        expect(entries).toHaveLength(1);
        await ada.client.organizations.members.remove.mutate({ organizationId, userId: bob.user.id });
      },
    });
    expectStops(stops, "organization", "user");
  });
});
