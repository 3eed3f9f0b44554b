import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { createCaller } from "trpc-userdo/worker";
import { describe, expect, it } from "vitest";
import { randomId } from "../../../src/shared/random-id.js";
import type { AppRouter } from "../../fixtures/app/router.js";
import { codeOf } from "../../fixtures/error-code.js";
import { join } from "../../fixtures/organizations.js";
import { acme, verified, type Person } from "./people.js";
import { expectStops, stopEverywhere } from "./stop-everywhere.js";

const reason = "Ticket 4711";

/** The operator's call, with the same key each time. */
const callerOf = (idempotencyKey: string) => createCaller<AppRouter>(env.CRASH_DO, { idempotencyKey }).asSystem();

describe("an object that is stopped after each step and restarted", { timeout: 480_000 }, () => {
  it("restores a user once, with the state of today", async () => {
    const stops = await stopEverywhere({
      async once() {
        const ada = await verified();
        return { ada, organizationId: await acme(ada) };
      },
      cleanUp: false,
      async before({ ada, organizationId }) {
        const bob = await verified();
        await bob.client.posts.create.mutate({ title: "kept", body: "" });
        const bookmark = await runInDurableObject(env.CRASH_DO.getByName(`user:${bob.user.id}`), (_instance, state) =>
          state.storage.getCurrentBookmark(),
        );
        await bob.client.posts.create.mutate({ title: "later", body: "" });
        await join(organizationId, { by: ada, who: bob, role: "member" });
        await bob.client.auth.logout.mutate();
        return { ada, bob, organizationId, bookmark, key: randomId() };
      },
      run: (world) => restore(world),
      again: (world) => restore(world),
      async after({ ada, bob, organizationId }, stored) {
        const rowsIn = (name: string, table: string) =>
          stored.filter((object) => object.name === name).flatMap(({ tables }) => tables[table] ?? []);
        const own = `user:${bob.user.id}`;
        expect(rowsIn(own, "posts").map(({ title }) => title)).toEqual(["kept"]);
        expect(rowsIn(own, "_sessions")).toEqual([]);
        expect(rowsIn(own, "_outbox")).toEqual([]);
        expect(rowsIn(own, "_organizations").map(({ id }) => id)).toEqual([organizationId]);
        expect(rowsIn(own, "_audit").filter(({ action }) => action === "operator.restore")).toHaveLength(1);
        const log = rowsIn("app:main", "_actions").filter((row) => row["target_id"] === bob.user.id);
        expect(log.map(({ action, outcome }) => [action, outcome])).toEqual([["user.restore", "ok"]]);
        expect(rowsIn("app:main", "_restores")).toEqual([]);
        expect(await codeOf(bob.client.posts.list.query())).toBe("UNAUTHORIZED");
        await ada.client.organizations.members.remove.mutate({ organizationId, userId: bob.user.id });
      },
    });
    expectStops(stops, "app", "user");
    expect(stops.length).toBeGreaterThan(10);
  });
});

function restore({ bob, bookmark, key }: { bob: Person; bookmark: string; key: string }): Promise<unknown> {
  return callerOf(key).admin.users.restore({ userId: bob.user.id, bookmark, reason });
}
