import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { callAsApp, freshRole, reason } from "../../fixtures/operators.js";
import { acme, verified, type Person } from "./people.js";
import { expectStops, stopEverywhere, type StoredObject } from "./stop-everywhere.js";

const namespace = env.CRASH_DO;
const call = (path: string, input: object) => callAsApp(path, input, { namespace });

const rowsOf = (stored: readonly StoredObject[], kind: string, table: string) =>
  stored.filter(({ name }) => name.startsWith(`${kind}:`)).flatMap(({ tables }) => tables[table] ?? []);

/** Ada, who owns an organization that knows her roles. */
async function ada() {
  const person = await verified();
  const organizationId = await acme(person);
  await person.client.guarded.projects.query({ organizationId }).catch(() => {});
  return { ...person, organizationId };
}

const rolesOf = async ({ client }: Pick<Person, "client">) => (await client.guarded.me.query()).roles;

describe("an object that is stopped after each step and restarted", { timeout: 480_000 }, () => {
  it("assigns a role, or can assign it again, and the user's objects know it in the end", async () => {
    const assign = ({ user }: Awaited<ReturnType<typeof ada>>) =>
      call("admin.roles.assign", { userId: user.id, role: "editor", reason });
    const stops = await stopEverywhere({
      before: ada,
      run: assign,
      again: assign,
      async after(world, stored) {
        expect(await rolesOf(world)).toEqual(["member", "editor"]);
        expect(await world.client.guarded.projects.query({ organizationId: world.organizationId })).toBe(0);
        expect(rowsOf(stored, "app", "_outbox")).toEqual([]);
        const entries = rowsOf(stored, "app", "_actions").filter((row) => row["target_id"] === world.user.id);
        expect(entries.map((row) => row["action"])).toEqual(["role.assign"]);
      },
    });
    expectStops(stops, "app", "user", "organization");
  });

  it("removes a role by deleting it, or can delete it again, from all of its users", async () => {
    const stops = await stopEverywhere({
      async before() {
        const [one, other] = [await ada(), await verified()];
        const name = freshRole();
        await call("admin.roles.create", { name, permissions: ["post:moderate", "project:inspect"] });
        for (const { user } of [one, other]) await call("admin.roles.assign", { userId: user.id, role: name, reason });
        return { one, other, name };
      },
      run: ({ name }) => call("admin.roles.delete", { name }),
      again: ({ name }) =>
        call("admin.roles.delete", { name }).catch((error: Error & { data?: { reason?: string } }) =>
          expect(error.data?.reason).toBe("ROLE_NOT_FOUND"),
        ),
      async after({ one, other, name }, stored) {
        expect(await rolesOf(one)).toEqual(["member"]);
        expect(await rolesOf(other)).toEqual(["member"]);
        for (const table of ["_user_app_roles", "_member_app_roles", "_app_roles", "_app_role_users"]) {
          const rows = stored.flatMap(({ tables }) => tables[table] ?? []);
          expect(JSON.stringify(rows)).not.toContain(name);
        }
      },
    });
    expectStops(stops, "app", "user");
  });
});
