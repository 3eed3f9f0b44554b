import { env } from "cloudflare:workers";
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { createCaller } from "trpc-userdo/worker";
import { afterEach, describe, expect, it } from "vitest";
import type { AppRouter } from "../../fixtures/app/router.js";
import { unreachable } from "../../fixtures/app/unreachable.js";
import { freshEmail, password } from "../../fixtures/browser.js";
import { eventually } from "../../fixtures/eventually.js";
import { tokenTo } from "../../fixtures/mail.js";
import { join, organizationName, signUpVerified, type Person } from "../../fixtures/organizations.js";
import { refusalOf } from "./operate.js";

const system = createCaller<AppRouter>(env.BLOG_DO).asSystem();
const reason = "Ticket 4711";
const applied = { applied: true };

afterEach(() => unreachable.clear());

/** Ada, who is a member of an organization. */
async function createMember() {
  const [owner, ada] = await Promise.all([signUpVerified(), signUpVerified()]);
  const { id: organizationId } = await owner.client.organizations.create.mutate({ name: "Acme" });
  await join(organizationId, { by: owner, who: ada, role: "member" });
  await ada.client.projects.list.query({ organizationId });
  return { owner, ada, organizationId, on: { userId: ada.user.id, reason } };
}

const query = (name: string, sql: string) =>
  runInDurableObject(env.BLOG_DO.getByName(name), (_instance, { storage }) => storage.sql.exec(sql).toArray());

const suspendedIn = async (organizationId: string) =>
  (await query(organizationName(organizationId), "SELECT user_id FROM _suspended_members")).map(
    (row) => row["user_id"],
  );

const emailsIn = async ({ client }: Person, organizationId: string) =>
  (await client.organizations.members.list.query({ organizationId })).map(({ email }) => email);

const pendingOf = ({ user }: Person) => query(`user:${user.id}`, "SELECT 1 FROM _outbox WHERE target LIKE 'organ%'");

/** Uses up the attempts of all messages to organizations, which cannot be reached. */
async function useUpAttempts(person: Person): Promise<void> {
  const name = `user:${person.user.id}`;
  await eventually(async () => {
    await query(name, "UPDATE _outbox SET attempts = 199, due = 0 WHERE target LIKE 'organization:%'");
    await runDurableObjectAlarm(env.BLOG_DO.getByName(name));
    expect(await pendingOf(person)).toEqual([]);
  });
}

const deadLettersOf = async ({ user }: Person, kind: string) =>
  (await system.admin.users.get({ userId: user.id })).deadLetters.filter((letter) => letter.kind === kind);

/** Sends the only dead letter of a kind again. */
async function retry(person: Person, kind: string) {
  const [letter, ...others] = await deadLettersOf(person, kind);
  if (!letter) throw new Error("There is no dead letter.");
  expect(others).toEqual([]);
  const call = () => system.admin.users.retryDeadLetter({ userId: person.user.id, reason, id: letter.id });
  expect(await call()).toEqual(applied);
  expect(await refusalOf(call())).toBe("NOT_FOUND DEAD_LETTER_NOT_FOUND");
}

/** Adds a dead letter, as if its attempts were used up. */
async function addDeadLetter({ user }: Person, target: string, kind: string, payload: object): Promise<void> {
  await runInDurableObject(env.BLOG_DO.getByName(`user:${user.id}`), (_instance, { storage: { sql } }) => {
    sql.exec("INSERT INTO _dead_letters VALUES (?, 900, ?, 1, 2, 200, 'No answer.')", target, kind);
    sql.exec("INSERT INTO _dead_payloads VALUES (?, 900, ?, NULL)", target, JSON.stringify(payload));
  });
}

describe("a dead letter that is sent again", () => {
  it("is delivered once its target can be reached", async () => {
    const { ada, organizationId, on } = await createMember();
    unreachable.add(organizationName(organizationId));
    expect(await system.admin.users.suspend(on)).toEqual({ applied: false });
    await useUpAttempts(ada);
    unreachable.clear();
    expect(await suspendedIn(organizationId)).toEqual([]);
    const [letter] = await deadLettersOf(ada, "memberSuspended");
    expect(letter).toMatchObject({ attempts: 200, error: "The object cannot be reached." });
    expect(letter?.id).toMatch(/^[\da-f]{32}$/);
    await retry(ada, "memberSuspended");
    expect(await suspendedIn(organizationId)).toEqual([ada.user.id]);
  });

  it("does not suspend a member whose suspension has ended since", async () => {
    const { ada, organizationId, on } = await createMember();
    unreachable.add(organizationName(organizationId));
    await system.admin.users.suspend(on);
    await useUpAttempts(ada);
    unreachable.clear();
    await system.admin.users.unsuspend(on);
    await retry(ada, "memberSuspended");
    expect(await suspendedIn(organizationId)).toEqual([]);
  });

  it("does not end a newer suspension", async () => {
    const { ada, organizationId, on } = await createMember();
    await system.admin.users.suspend(on);
    unreachable.add(organizationName(organizationId));
    await system.admin.users.unsuspend(on);
    await useUpAttempts(ada);
    unreachable.clear();
    await system.admin.users.suspend(on);
    await retry(ada, "memberUnsuspended");
    expect(await suspendedIn(organizationId)).toEqual([ada.user.id]);
  });

  it("sends the address of today, and not the one that was replaced", async () => {
    const { owner, ada, organizationId } = await createMember();
    const changeEmail = async (email: string) => {
      await ada.client.auth.changeEmail.mutate({ email, password });
      await ada.client.auth.confirmEmailChange.mutate({ token: await tokenTo(email, "changeEmail") });
    };
    const [second, third] = [freshEmail(), freshEmail()];
    unreachable.add(organizationName(organizationId));
    await changeEmail(second);
    await useUpAttempts(ada);
    unreachable.clear();
    await changeEmail(third);
    await retry(ada, "memberEmail");
    expect((await emailsIn(owner, organizationId)).toSorted()).toEqual([owner.email, third].toSorted());
  });

  it("does not create an organization a second time", async () => {
    const { owner, ada, organizationId } = await createMember();
    const target = organizationName(organizationId);
    const created = { name: "Other", settings: "{}", userId: owner.user.id, email: owner.email, createdAt: 1 };
    await addDeadLetter(owner, target, "createOrganization", created);
    await retry(owner, "createOrganization");
    expect(await pendingOf(owner)).toEqual([]);
    expect(await owner.client.organizations.get.query({ organizationId })).toMatchObject({ name: "Acme" });
    expect((await emailsIn(owner, organizationId)).toSorted()).toEqual([owner.email, ada.email].toSorted());
  });

  it("does not create an organization that was deleted", async () => {
    const owner = await signUpVerified();
    const target = organizationName("deleted-organization");
    const created = { name: "Other", settings: "{}", userId: owner.user.id, email: owner.email, createdAt: 1 };
    await addDeadLetter(owner, target, "createOrganization", created);
    await retry(owner, "createOrganization");
    expect(await query(target, "SELECT name FROM sqlite_master WHERE name = '_members'")).toEqual([]);
  });

  it("makes nobody a superadmin who does not have the address of the setting", async () => {
    const ada = await signUpVerified();
    await addDeadLetter(ada, "app:main", "bootstrapSuperadmin", { userId: ada.user.id });
    await retry(ada, "bootstrapSuperadmin");
    expect((await system.admin.users.get({ userId: ada.user.id })).roles).toEqual(["member"]);
  });
});
