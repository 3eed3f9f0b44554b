import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, it } from "vitest";
import { earlierObjects, received } from "../../fixtures/app/directory-do.js";
import { password } from "../../fixtures/browser.js";
import {
  callApp,
  directoryObject,
  eventuallyListed,
  findListed,
  listUsers,
  rowsIn,
  signUpToDirectory,
  verifyEmail,
} from "../../fixtures/directory.js";
import { eventually } from "../../fixtures/eventually.js";
import { shardOf } from "../../../src/do/directory/shard-of.js";

const shardWith = (id: string): string => `directory:${shardOf(id, 2)}`;
const changesOf = (id: string) => received.changes.filter((change) => change.id === id);

beforeEach(() => {
  received.failures = 0;
});

describe("onDirectoryChange", () => {
  it("receives the changes of a user in order, with increasing versions", async () => {
    const person = await signUpToDirectory();
    const { id } = person.user;
    await eventually(() => expect(changesOf(id)).toHaveLength(1));
    await verifyEmail(person);
    await eventually(() => expect(changesOf(id).at(-1)).toMatchObject({ user: { emailVerified: true } }));
    await person.client.account.delete.mutate({ password });
    await eventually(() => expect(changesOf(id).at(-1)?.type).toBe("delete"));
    const versions = changesOf(id).map(({ version }) => version);
    expect(versions).toEqual(versions.toSorted((one, other) => one - other));
    expect(changesOf(id)[0]).toMatchObject({ type: "update", kind: "user", user: { id, email: person.email } });
  });

  it("receives the changes of organizations", async () => {
    const { client } = await signUpToDirectory();
    const { id } = await client.organizations.create.mutate({ name: "Acme" });
    await eventually(() =>
      expect(changesOf(id).at(-1)).toMatchObject({
        kind: "organization",
        organization: { name: "Acme", memberCount: 1 },
      }),
    );
  });

  it("receives a change again after it failed", async () => {
    received.failures = 1;
    const { user } = await signUpToDirectory();
    await eventually(async () => {
      await runDurableObjectAlarm(directoryObject(shardWith(user.id)));
      expect(changesOf(user.id).at(-1)).toMatchObject({ type: "update", user: { id: user.id } });
    });
    expect(received.failures).toBe(0);
    await eventually(async () => expect(await rowsIn(shardWith(user.id), "_feed")).toEqual([]));
  });
});

describe("a rebuild", () => {
  it("corrects entries, deletes those of users who do not exist, and passes all of them to the hook", async () => {
    const { email, user } = await signUpToDirectory();
    await eventuallyListed(email);
    const shard = directoryObject(shardWith(user.id));
    await runInDurableObject(shard, (_instance, { storage: { sql } }) => {
      sql.exec("UPDATE _users SET email_verified = 1, version = 1 WHERE id = ?", user.id);
      sql.exec(
        `INSERT INTO _users (key, id, version, created_at, seen_day, email_verified, roles, organization_count, framework, app)
         VALUES (5, 'nobody', 1, 0, 0, 0, '[]', 0, 0, 'x')`,
      );
      sql.exec("INSERT INTO _object_counts VALUES ('user', 0, 'x', 1)");
    });
    expect((await listUsers({ createdBefore: new Date(1) })).items.map(({ id }) => id)).toEqual(["nobody"]);
    received.changes.length = 0;
    await callApp("admin.directory.rebuild", { reason: "The directory is wrong." }, "mutation");
    await eventuallyListed(email, (listed) => expect(listed.emailVerified).toBe(false));
    await eventually(async () => expect((await listUsers({ createdBefore: new Date(1) })).items).toEqual([]));
    await eventually(() => expect(changesOf(user.id)).toMatchObject([{ type: "update" }]));
    await eventually(() => expect(changesOf("nobody")).toMatchObject([{ type: "delete" }]));
    await eventually(async () => {
      for (const name of ["directory:0", "directory:1"]) expect(await rowsIn(name, "_rebuild")).toEqual([]);
    });
    const { items } = await callApp<{ items: { action: string; reason: string }[] }>("admin.audit.list", {
      action: "directory.rebuild",
    });
    expect(items[0]).toMatchObject({ action: "directory.rebuild", reason: "The directory is wrong.", outcome: "ok" });
    expect(await rowsIn("user:nobody", "_object")).toEqual([]);
  });

  it("keeps the entry of a user whose object runs an earlier version", async () => {
    const { email, user } = await signUpToDirectory();
    await eventuallyListed(email);
    earlierObjects.add(`user:${user.id}`);
    await callApp("admin.directory.rebuild", { reason: "test" }, "mutation");
    await eventually(async () => expect(await rowsIn(shardWith(user.id), "_rebuild")).toEqual([]));
    earlierObjects.clear();
    expect((await findListed(email))?.id).toBe(user.id);
  });

  it("keeps the entry of a user whose object does not reply", async () => {
    const { email, user, object } = await signUpToDirectory();
    await eventuallyListed(email);
    await runInDurableObject(object(), (_instance, { storage: { sql } }) => {
      sql.exec("ALTER TABLE _directory_report RENAME TO _directory_report_away");
    });
    await callApp("admin.directory.rebuild", { reason: "test" }, "mutation");
    await eventually(async () => expect(await rowsIn(shardWith(user.id), "_rebuild")).toEqual([]));
    expect((await findListed(email))?.id).toBe(user.id);
    await runInDurableObject(object(), (_instance, { storage: { sql } }) => {
      sql.exec("ALTER TABLE _directory_report_away RENAME TO _directory_report");
    });
  });
});
