import { env } from "cloudflare:workers";
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { signUp } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";
import { becomeEarlierVersion } from "../../fixtures/earlier-version.js";
import { countMails, mailTo } from "../../fixtures/mail.js";
import { addressName, signUpVerified } from "../../fixtures/organizations.js";

const MINUTE = 60_000;
const userObject = (id: string) => env.BLOG_DO.getByName(`user:${id}`);

describe("the mail counts of an earlier version", () => {
  it("include the invitations that were mailed to an address within the hour", async () => {
    const { email } = await signUpVerified();
    const stub = env.BLOG_DO.getByName(await addressName(email));
    await runInDurableObject(stub, (_instance, { storage: { sql, kv } }) => {
      kv.delete("userdo:mails");
      for (const minutes of [1, 2, 70]) {
        sql.exec("INSERT INTO _rate_log VALUES ('invitation', ?)", Date.now() - minutes * MINUTE);
      }
      becomeEarlierVersion(sql);
    });
    await evictDurableObject(stub);
    const ada = await signUpVerified();
    for (let count = 0; count < 3; count++) {
      const { id: organizationId } = await ada.client.organizations.create.mutate({ name: "Acme" });
      await ada.client.organizations.invitations.create.mutate({ organizationId, email, role: "member" });
    }
    await runDurableObjectAlarm(stub);
    await mailTo(email, "invitation");
    expect(countMails(email, "invitation")).toBe(1);
    const stored = await runInDurableObject(stub, (_instance, { storage }) =>
      storage.sql.exec("SELECT * FROM _rate_log").toArray(),
    );
    expect(stored).toEqual([]);
  });

  it("are deleted from the object of a user, and with them the addresses that were mailed", async () => {
    const { client, user } = await signUp();
    await runInDurableObject(userObject(user.id), (_instance, { storage: { sql } }) => {
      sql.exec("INSERT INTO _rate_log VALUES ('changeEmail ada@example.org', ?)", Date.now());
      sql.exec("INSERT INTO _rate_log VALUES ('organization', ?)", Date.now());
      becomeEarlierVersion(sql);
    });
    await evictDurableObject(userObject(user.id));
    expect(await codeOf(client.auth.me.query())).toBe("none");
    const rates = await runInDurableObject(userObject(user.id), (_instance, { storage }) =>
      storage.sql.exec("SELECT name FROM _rate_log").toArray(),
    );
    expect(rates).toEqual([{ name: "organization" }]);
  });
});
