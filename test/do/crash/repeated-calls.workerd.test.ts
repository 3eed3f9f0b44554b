import { describe, expect, it } from "vitest";
import { freshEmail, password } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";
import { anonymousClient } from "./people.js";
import { stopEverywhere } from "./stop-everywhere.js";
import { expectAddress } from "./stored.js";

const newPassword = "another horse battery";
const change = { currentPassword: password, newPassword };

/** A user with two sessions. */
async function twoSessions() {
  const [client, other] = [anonymousClient(), anonymousClient()];
  const email = freshEmail();
  const { user } = await client.auth.signup.mutate({ email, password });
  await other.auth.login.mutate({ email, password });
  return { client, other, email, user };
}

describe("an object that is stopped after each step and called again", { timeout: 480_000 }, () => {
  it("changes the password, and keeps its session signed in", async () => {
    const points = await stopEverywhere({
      before: twoSessions,
      run: ({ client }) => client.auth.changePassword.mutate(change),
      again: ({ client }) => client.auth.changePassword.mutate(change),
      async after({ client, other, email, user }, stored) {
        expect(await codeOf(client.auth.me.query())).toBe("none");
        expect(await codeOf(other.auth.me.query())).toBe("UNAUTHORIZED");
        expect(await client.sessions.list.query()).toHaveLength(1);
        const { items: entries } = await client.account.audit.list.query({ action: "password.change" });
        expect(entries).toHaveLength(1);
        expect(await codeOf(anonymousClient().auth.login.mutate({ email, password }))).toBe("UNAUTHORIZED");
        expect((await anonymousClient().auth.login.mutate({ email, password: newPassword })).user.id).toBe(user.id);
        expectAddress(stored, email, user.id);
      },
    });
    expect(points.length).toBeGreaterThan(1);
  });

  it.each(["logout", "logoutEverywhere"] as const)("signs out with auth.%s", async (way) => {
    const points = await stopEverywhere({
      before: twoSessions,
      run: ({ client }) => client.auth[way].mutate(),
      again: ({ client }) => client.auth[way].mutate(),
      async after({ client, other }) {
        expect(await codeOf(client.auth.me.query())).toBe("UNAUTHORIZED");
        expect(await codeOf(other.auth.me.query())).toBe(way === "logout" ? "none" : "UNAUTHORIZED");
      },
    });
    expect(points.length).toBeGreaterThan(1);
  });
});
