import { afterAll, expect, it } from "vitest";
import { shardOf } from "../../../src/do/directory/shard-of.js";
import { password } from "../../fixtures/browser.js";
import {
  callApp,
  deployShards,
  directoryObject,
  listOrganizations,
  listUsers,
  rowsIn,
  signUpToDirectory,
} from "../../fixtures/directory.js";
import { eventually } from "../../fixtures/eventually.js";

const shardNames = ["directory:0", "directory:1", "directory:2", "directory:3", "directory:4"];

/** Deploys another number of shards, and starts the objects again. */
const redeploy = (shards: number, ...names: string[]): Promise<void> =>
  deployShards(shards, "app:main", ...shardNames, ...names);

/** The shards that have the entry of a user or an organization. */
async function shardsWith(table: "_users" | "_organizations", id: string): Promise<number[]> {
  const found = await Promise.all(shardNames.map((name) => rowsIn(name, table)));
  return found.flatMap((rows, shard) => (rows.some((row) => row["id"] === id) ? [shard] : []));
}

afterAll(() => redeploy(2));

it("moves all entries when the number of shards grows and shrinks, and lists each once", async () => {
  await redeploy(2);
  const name = `S${crypto.randomUUID().replaceAll("-", "")}`;
  const people = await Promise.all(Array.from({ length: 12 }, () => signUpToDirectory({ profile: { name } })));
  const [first, second] = people;
  if (!first || !second) throw new Error("There are no people.");
  const organization = await first.client.organizations.create.mutate({ name });
  const ids = people.map(({ user }) => user.id).toSorted();
  const listed = async () => (await listUsers({ search: name })).items.map(({ id }) => id).toSorted();
  await eventually(async () => expect(await listed()).toEqual(ids));

  for (const shards of [5, 1, 2]) {
    const users = people.map(({ user }) => `user:${user.id}`);
    await redeploy(shards, ...users, `organization:${organization.id}`);
    // The first list wakes all shards.
    await listUsers({ search: name });
    await eventually(async () => {
      for (const id of ids) expect(await shardsWith("_users", id)).toEqual([shardOf(id, shards)]);
      expect(await shardsWith("_organizations", organization.id)).toEqual([shardOf(organization.id, shards)]);
    });
    expect(await listed()).toEqual(ids);
    expect(await callApp("admin.users.count", { search: name })).toEqual({ count: 12 });
    expect((await listOrganizations({ limit: 100 })).items.map(({ id }) => id)).toContain(organization.id);
    // A change reaches the entry in its new shard.
    await second.client.account.update.mutate({ profile: { city: `Paris${shards}` } });
    await eventually(async () =>
      expect((await listUsers({ search: `Paris${shards} ${name}` })).items).toMatchObject([{ id: second.user.id }]),
    );
  }

  const { items } = await callApp<{ items: { kind: string; objects: number }[] }>("admin.schema.status");
  const users = items.filter(({ kind }) => kind === "user").reduce((sum, { objects }) => sum + objects, 0);
  expect(await callApp("admin.users.count")).toEqual({ count: users });
  await second.client.account.delete.mutate({ password });
  expect(await listed()).toEqual(ids.filter((id) => id !== second.user.id));
});

it("passes messages on that arrive at a shard which another version addressed", async () => {
  await redeploy(5);
  const { user } = await signUpToDirectory();
  await eventually(async () => expect(await shardsWith("_users", user.id)).toEqual([shardOf(user.id, 5)]));
  const wrong = (shardOf(user.id, 5) + 1) % 5;
  const [row] = await rowsIn(`user:${user.id}`, "_directory_report");
  const version = Number(row?.["version"]) + 1;
  await directoryObject(`directory:${wrong}`).internal({
    op: "deliver",
    source: "test",
    letters: [{ seq: 1, kind: "deleted", payload: { kind: "user", id: user.id, version } }],
  });
  await eventually(async () => expect(await shardsWith("_users", user.id)).toEqual([]));
});
