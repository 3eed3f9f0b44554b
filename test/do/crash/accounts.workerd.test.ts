import { describe, expect, it, vi } from "vitest";
import { freshEmail, password } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";
import { countMails } from "../../fixtures/mail.js";
import { mailedTo, anonymousClient } from "./people.js";
import { runAlarms, stopEverywhere } from "./stop-everywhere.js";
import { expectAddress, expectEmpty } from "./stored.js";

async function account() {
  const client = anonymousClient();
  const email = freshEmail();
  const { user } = await client.auth.signup.mutate({ email, password });
  await client.posts.create.mutate({ title: `canary-${user.id}`, body: "" });
  return { client, email, user };
}

const report = (points: string[]): void => {
  expect(points.length).toBeGreaterThan(1);
};

describe("an object that is stopped after each step and restarted", { timeout: 480_000 }, () => {
  it("creates one account for a sign-up, or can repeat the sign-up", async () => {
    report(
      await stopEverywhere({
        before: async () => freshEmail(),
        run: (email) => anonymousClient().auth.signup.mutate({ email, password }),
        async again(email) {
          const code = await codeOf(anonymousClient().auth.signup.mutate({ email, password }));
          expect(["none", "CONFLICT"]).toContain(code);
        },
        async after(email, stored) {
          const { user } = await anonymousClient().auth.login.mutate({ email, password });
          expectAddress(stored, email, user.id);
        },
      }),
    );
  });

  it("keeps the old address or has the new one, and can repeat the change", async () => {
    report(
      await stopEverywhere({
        before: async () => ({ ...(await account()), target: freshEmail(), mails: 0 }),
        async run(world) {
          await world.client.auth.changeEmail.mutate({ email: world.target, password });
          await world.client.auth.confirmEmailChange.mutate({ token: await mailedTo(world.target, "changeEmail") });
        },
        async again({ client, target }) {
          if ((await client.auth.me.query()).user.email === target) return;
          const before = countMails(target, "changeEmail");
          await client.auth.changeEmail.mutate({ email: target, password });
          const token = await mailedTo(target, "changeEmail", before + 1);
          await client.auth.confirmEmailChange.mutate({ token });
        },
        async after({ email, target, user }, stored) {
          expect((await anonymousClient().auth.login.mutate({ email: target, password })).user.id).toBe(user.id);
          expect(await codeOf(anonymousClient().auth.login.mutate({ email, password }))).toBe("UNAUTHORIZED");
          expectAddress(stored, target, user.id);
          expect((await anonymousClient().auth.signup.mutate({ email, password })).user.id).not.toBe(user.id);
        },
      }),
    );
  });

  it("gives a reserved address to a sign-up, or can repeat the sign-up", async () => {
    report(
      await stopEverywhere({
        async before() {
          const [created, target] = [await account(), freshEmail()];
          await created.client.auth.changeEmail.mutate({ email: target, password });
          return { ...created, target, token: await mailedTo(target, "changeEmail") };
        },
        run: ({ target }) => anonymousClient().auth.signup.mutate({ email: target, password }),
        async again({ target }) {
          expect(["none", "CONFLICT"]).toContain(
            await codeOf(anonymousClient().auth.signup.mutate({ email: target, password })),
          );
        },
        async after({ client, email, target, user, token }, stored) {
          const owner = await anonymousClient().auth.login.mutate({ email: target, password });
          expect(owner.user.id).not.toBe(user.id);
          expectAddress(stored, target, owner.user.id);
          expect(await codeOf(client.auth.confirmEmailChange.mutate({ token }))).not.toBe("none");
          expect((await anonymousClient().auth.login.mutate({ email, password })).user.id).toBe(user.id);
        },
      }),
    );
  });

  it("gives an address one owner when a sign-up follows an interrupted confirmation", async () => {
    report(
      await stopEverywhere({
        async before() {
          const [created, target] = [await account(), freshEmail()];
          await created.client.auth.changeEmail.mutate({ email: target, password });
          return { ...created, target, token: await mailedTo(target, "changeEmail") };
        },
        run: ({ client, token }) => client.auth.confirmEmailChange.mutate({ token }),
        async again({ target }) {
          expect(["none", "CONFLICT"]).toContain(
            await codeOf(anonymousClient().auth.signup.mutate({ email: target, password })),
          );
        },
        async after({ email, target, user, client }, stored) {
          const changed = (await client.auth.me.query()).user.email === target;
          const code = await codeOf(anonymousClient().auth.signup.mutate({ email: target, password: "another horse" }));
          const owners = stored.filter(({ tables }) => tables["_account"]?.some((row) => row["email"] === target));
          expect(owners.length).toBeLessThanOrEqual(1);
          if (changed) expectAddress(stored, target, user.id);
          else expect((await anonymousClient().auth.login.mutate({ email, password })).user.id).toBe(user.id);
          expect(code).toBe(owners.length === 1 ? "CONFLICT" : "none");
        },
      }),
    );
  });

  it("leaves nothing of a deleted account, or can delete it again", async () => {
    report(
      await stopEverywhere({
        before: async () => {
          const created = await account();
          // A pending change of address has its own reservation.
          await created.client.auth.changeEmail.mutate({ email: freshEmail(), password });
          return created;
        },
        run: ({ client }) => client.account.delete.mutate({ password }),
        async again({ email }) {
          const client = anonymousClient();
          const code = await codeOf(client.auth.login.mutate({ email, password }));
          if (code === "none") await client.account.delete.mutate({ password });
          else expect(code).toBe("UNAUTHORIZED");
        },
        async after({ email, user }, stored) {
          expectEmpty(stored);
          expect((await anonymousClient().auth.signup.mutate({ email, password })).user.id).not.toBe(user.id);
        },
      }),
    );
  });

  it("frees a rejected address and deletes its account, or can reject it again", async () => {
    report(
      await stopEverywhere({
        async before() {
          const created = await account();
          return { ...created, token: await mailedTo(created.email, "verifyEmail") };
        },
        run: ({ token }) => anonymousClient().auth.rejectEmail.mutate({ token }),
        async again({ token }) {
          expect(["none", "BAD_REQUEST"]).toContain(await codeOf(anonymousClient().auth.rejectEmail.mutate({ token })));
        },
        async after({ email, user }, stored) {
          expectEmpty(stored);
          expect((await anonymousClient().auth.signup.mutate({ email, password })).user.id).not.toBe(user.id);
        },
      }),
    );
  });

  it("sets the new password by mail or keeps the old one, and can repeat the reset", async () => {
    const renewed = "another horse battery";
    const reset = async (email: string) => {
      const token = await mailedTo(email, "resetPassword");
      await anonymousClient().auth.resetPassword.mutate({ token, password: renewed });
    };
    report(
      await stopEverywhere({
        before: account,
        async run({ email }) {
          await anonymousClient().auth.requestPasswordReset.mutate({ email });
          await reset(email);
        },
        async again({ email }) {
          if ((await codeOf(anonymousClient().auth.login.mutate({ email, password: renewed }))) === "none") return;
          await runAlarms();
          await anonymousClient().auth.requestPasswordReset.mutate({ email });
          // The first link's mail may come late, and only the newest link works.
          await vi.waitFor(() => reset(email), { timeout: 8_000, interval: 50 });
        },
        async after({ client, email, user }, stored) {
          expect(await codeOf(anonymousClient().auth.login.mutate({ email, password }))).toBe("UNAUTHORIZED");
          expect((await anonymousClient().auth.login.mutate({ email, password: renewed })).user.id).toBe(user.id);
          expect(await codeOf(client.auth.me.query())).toBe("UNAUTHORIZED");
          expectAddress(stored, email, user.id);
        },
      }),
    );
  });

  it("signs out every session or none, and can repeat the sign-out", async () => {
    report(
      await stopEverywhere({
        async before() {
          const created = await account();
          const other = anonymousClient();
          await other.auth.login.mutate({ email: created.email, password });
          return { ...created, other };
        },
        run: ({ client }) => client.auth.logoutEverywhere.mutate(),
        async again({ client, other }) {
          const [mine, theirs] = [await codeOf(client.auth.me.query()), await codeOf(other.auth.me.query())];
          expect(mine).toBe(theirs);
          if (mine === "none") await client.auth.logoutEverywhere.mutate();
        },
        async after({ client, other, email, user }, stored) {
          for (const each of [client, other]) expect(await codeOf(each.auth.me.query())).toBe("UNAUTHORIZED");
          expectAddress(stored, email, user.id);
        },
      }),
    );
  });
});
