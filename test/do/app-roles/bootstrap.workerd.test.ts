import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { beforeAll, describe, expect, it } from "vitest";
import { openBrowser, password, signUp } from "../../fixtures/browser.js";
import { eventually } from "../../fixtures/eventually.js";
import { countMails, openChangeLink, openVerifyLink, tokenTo } from "../../fixtures/mail.js";
import { callAsApp, signUpWith, unassignRole, type Operator } from "../../fixtures/operators.js";
import { signUpVerified, untilIdle } from "../../fixtures/organizations.js";

/** The canonical form of the fixture's setting. */
const address = "first.admin@example.com";
const member = ["member"];
const superadmin = ["member", "superadmin"];

const rolesOf = async ({ client }: Pick<Operator, "client">) => (await client.guarded.me.query()).roles;
const arrived = ({ user }: Pick<Operator, "user">) => untilIdle(`user:${user.id}`, "app:main", `user:${user.id}`);

/** As if the setting had never been used. */
async function resetBootstrap(): Promise<void> {
  await callAsApp("admin.roles.list", {}, { type: "query" });
  await runInDurableObject(env.BLOG_DO.getByName("app:main"), (_instance, { storage }) => {
    storage.sql.exec("DELETE FROM _bootstrap");
  });
}

/** Signs the address up and verifies it. The address gets few mails in an hour, so the tests share accounts. */
async function signUpAddress(whileUnverified: (person: Operator) => Promise<void> = async () => {}) {
  const mailed = countMails(address, "verifyEmail");
  const person = await eventually(() => signUp(address));
  await whileUnverified(person);
  await openVerifyLink(await tokenTo(address, "verifyEmail", mailed + 1));
  return person;
}

describe("the address of BOOTSTRAP_ADMIN_EMAIL", () => {
  let ada: Operator;
  beforeAll(async () => {
    // Another superadmin, so that the user is never the last one.
    await signUpWith("superadmin");
    await resetBootstrap();
  });

  it("makes its user a superadmin when it is verified, and not before", async () => {
    ada = await signUpAddress(async (person) => {
      await openBrowser().client().auth.login.mutate({ email: address, password });
      await arrived(person);
      expect(await rolesOf(person)).toEqual(member);
    });
    await eventually(async () => expect(await rolesOf(ada)).toEqual(superadmin));
    const { items } = (await callAsApp("admin.audit.list", { targetId: ada.user.id }, { type: "query" })) as {
      items: object[];
    };
    expect(items).toMatchObject([{ action: "role.bootstrap", actor: { type: "system" }, outcome: "ok" }]);
  });

  it("does not make them a superadmin again after the role was removed", async () => {
    await unassignRole(ada, "superadmin");
    await ada.client.auth.login.mutate({ email: address, password });
    await ada.client.auth.refresh.mutate();
    await arrived(ada);
    expect(await rolesOf(ada)).toEqual(member);
  });

  it.each(["login", "refresh"] as const)(
    "makes them a superadmin at the next %s, if it was verified before the setting existed",
    async (how) => {
      await resetBootstrap();
      expect(await rolesOf(ada)).toEqual(member);
      if (how === "login") await ada.client.auth.login.mutate({ email: address, password });
      else await ada.client.auth.refresh.mutate();
      await eventually(async () => expect(await rolesOf(ada)).toEqual(superadmin));
      await unassignRole(ada, "superadmin");
    },
  );

  it("does not make another account with it a superadmin", async () => {
    await ada.client.account.delete.mutate({ password });
    ada = await signUpAddress();
    await arrived(ada);
    expect(await rolesOf(ada)).toEqual(member);
  });

  it("makes a user a superadmin who changes to it and opens the link", async () => {
    await ada.client.account.delete.mutate({ password });
    await resetBootstrap();
    const bob = await signUpVerified();
    await eventually(() => bob.client.auth.changeEmail.mutate({ email: address, password }));
    await arrived(bob);
    expect(await rolesOf(bob)).toEqual(member);
    await openChangeLink(await tokenTo(address, "changeEmail"));
    await eventually(async () => expect(await rolesOf(bob)).toEqual(superadmin));
  });
});
