import { describe, expect, it } from "vitest";
import { freshEmail, password } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";
import { listed } from "../../fixtures/organizations.js";
import { expectConsistency, expectListed } from "./consistency.js";
import { acme, anonymousClient, mailedTo, verified } from "./people.js";
import { expectStops, stopEverywhere } from "./stop-everywhere.js";

describe("an object that is stopped after each step and restarted", { timeout: 480_000 }, () => {
  it("lists a user who signed up and verified the address as the account is", async () => {
    const stops = await stopEverywhere({
      inDirectory: true,
      before: async () => ({ client: anonymousClient(), email: freshEmail() }),
      async run({ client, email }) {
        await client.auth.signup.mutate({ email, password });
        await client.auth.verifyEmail.mutate({ token: await mailedTo(email, "verifyEmail") });
      },
      async again({ client, email }) {
        const code = await codeOf(client.auth.signup.mutate({ email, password }));
        if (code !== "none") await codeOf(client.auth.login.mutate({ email, password }));
      },
      after: async (_world, stored) => expectListed(stored),
    });
    expectStops(stops, "user", "email", "directory");
  });

  it("lists an organization until it is deleted", async () => {
    const stops = await stopEverywhere({
      inDirectory: true,
      cleanUp: false,
      once: async () => verified(),
      before: async (ada) => ada,
      run: async (ada) => ada.client.organizations.delete.mutate({ organizationId: await acme(ada) }),
      async again(ada) {
        for (const { id, status } of (await listed(ada)).values())
          if (status === "member") await codeOf(ada.client.organizations.delete.mutate({ organizationId: id }));
      },
      after: async (_ada, stored) => expectListed(stored),
    });
    expectStops(stops, "user", "organization", "directory");
  });

  it("deletes the entry of a deleted account", async () => {
    const stops = await stopEverywhere({
      inDirectory: true,
      cleanUp: false,
      before: async () => {
        const client = anonymousClient();
        const email = freshEmail();
        const { user } = await client.auth.signup.mutate({ email, password });
        return { client, email, user };
      },
      run: ({ client }) => client.account.delete.mutate({ password }),
      async again({ email }) {
        const client = anonymousClient();
        if ((await codeOf(client.auth.login.mutate({ email, password }))) === "none")
          await client.account.delete.mutate({ password });
      },
      async after({ user }, stored) {
        expectListed(stored);
        expectConsistency(stored);
        expect(stored.some(({ name, tables }) => name === `user:${user.id}` && tables["_account"])).toBe(false);
      },
    });
    expectStops(stops, "user", "directory");
  });
});
