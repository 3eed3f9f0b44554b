import { describe, expect, it } from "vitest";
import { freshEmail, password } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";
import { join, listed } from "../../fixtures/organizations.js";
import { expectConsistency, expectListed } from "./consistency.js";
import { acme, anonymousClient, mailedTo, verified } from "./people.js";
import { expectStops, stopEverywhere } from "./stop-everywhere.js";

describe("an object that is stopped after each step and restarted", { timeout: 240_000 }, () => {
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

  it("lists organizations and members as they are", async () => {
    const stops = await stopEverywhere({
      inDirectory: true,
      once: async () => ({ ada: await verified(), bob: await verified() }),
      before: async (people) => people,
      async run({ ada, bob }) {
        const id = await acme(ada);
        await join(id, { by: ada, who: bob, role: "editor" });
        await ada.client.organizations.delete.mutate({ organizationId: id });
      },
      async again({ ada }) {
        for (const { id, status } of (await listed(ada)).values())
          if (status === "member") await codeOf(ada.client.organizations.delete.mutate({ organizationId: id }));
      },
      after: async (_world, stored) => expectListed(stored),
    });
    expectStops(stops, "user", "organization", "directory");
  });

  it("deletes the entry of a deleted account", async () => {
    const stops = await stopEverywhere({
      inDirectory: true,
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
