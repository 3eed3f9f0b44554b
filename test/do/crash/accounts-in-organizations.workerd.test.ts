import { describe, expect, it } from "vitest";
import { freshEmail, password } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";
import { countMails } from "../../fixtures/mail.js";
import { invitationTo, join, listed } from "../../fixtures/organizations.js";
import { expectConsistency, expectEnded, expectNowhere } from "./consistency.js";
import { acme, cancelAll, mailedTo, anonymousClient, verified, type Person } from "./people.js";
import { expectStops, stopEverywhere } from "./stop-everywhere.js";

/** Ada, with two organizations. */
async function owner() {
  const ada = await verified();
  return { ada, shared: await acme(ada, "Shared"), other: await acme(ada, "Other") };
}

const invite = ({ client }: Person, organizationId: string, email: string) =>
  client.organizations.invitations.create.mutate({ organizationId, email, role: "editor" });
const waitingIn = async ({ client }: Person, organizationId: string) =>
  client.organizations.invitations.list.query({ organizationId });

describe("an object that is stopped after each step and restarted", { timeout: 480_000 }, () => {
  it("removes a deleted account from its organizations, or can delete it again", async () => {
    const stops = await stopEverywhere({
      once: owner,
      cleanUp: false,
      async before({ ada, shared, other }) {
        const bob = await verified();
        await join(shared, { by: ada, who: bob, role: "admin" });
        const own = await acme(bob, "canary");
        await invite(bob, shared, freshEmail());
        await invite(ada, other, bob.email);
        return { ada, bob, shared, other, own };
      },
      run: ({ bob }) => bob.client.account.delete.mutate({ password }),
      async again({ bob }) {
        const client = anonymousClient();
        const code = await codeOf(client.auth.login.mutate({ email: bob.email, password }));
        if (code === "none") await client.account.delete.mutate({ password });
        else expect(code).toBe("UNAUTHORIZED");
      },
      async after({ ada, bob, shared, other, own }, stored) {
        expectConsistency(stored);
        expectEnded(stored, own);
        expectNowhere(stored, [bob.user.id, "canary"]);
        // The invitations that Ada sent to the address stay hers, and wait for its next owner.
        expectNowhere(stored, [bob.email], "_invitations", "_waiting");
        expect(await waitingIn(ada, shared)).toEqual([]);
        expect(await waitingIn(ada, other)).toMatchObject([{ email: bob.email }]);
        expect(await codeOf(anonymousClient().auth.login.mutate({ email: bob.email, password }))).toBe("UNAUTHORIZED");
        await cancelAll(ada, other);
      },
    });
    expectStops(stops, "user", "organization", "email");
  });

  it("updates a changed address in organizations and delivers its invitations, or can change it again", async () => {
    const stops = await stopEverywhere({
      async once() {
        const created = await owner();
        const bob = await verified();
        await join(created.shared, { by: created.ada, who: bob, role: "editor" });
        return { ...created, bob, another: await acme(created.ada, "Another") };
      },
      cleanUp: false,
      async before({ ada, bob, shared, other, another }) {
        const { user } = await bob.client.auth.me.query();
        await invite(ada, other, user.email);
        const target = freshEmail();
        await invite(ada, another, target);
        return { ada, bob, shared, other, another, left: user.email, target };
      },
      async run({ bob, target }) {
        await bob.client.auth.changeEmail.mutate({ email: target, password });
        await bob.client.auth.confirmEmailChange.mutate({ token: await mailedTo(target, "changeEmail") });
      },
      async again({ bob, target }) {
        if ((await bob.client.auth.me.query()).user.email === target) return;
        const before = countMails(target, "changeEmail");
        await bob.client.auth.changeEmail.mutate({ email: target, password });
        const token = await mailedTo(target, "changeEmail", before + 1);
        await bob.client.auth.confirmEmailChange.mutate({ token });
      },
      async after({ ada, bob, shared, other, another, left, target }, stored) {
        expectConsistency(stored);
        const members = await ada.client.organizations.members.list.query({ organizationId: shared });
        expect(members.map(({ userId, email }) => [userId, email])).toEqual([
          [ada.user.id, ada.email],
          [bob.user.id, target],
        ]);
        const own = await listed(bob);
        expect([own.get(shared)?.status, own.get(other)?.status, own.get(another)?.status]).toEqual([
          "member",
          undefined,
          "invited",
        ]);
        expect(await waitingIn(ada, other)).toMatchObject([{ email: left }]);
        await cancelAll(ada, other, another);
      },
    });
    expectStops(stops, "user", "organization", "email");
  });

  it("delivers invitations that wait for an address once it is verified, or can verify it again", async () => {
    const stops = await stopEverywhere({
      once: owner,
      cleanUp: false,
      async before({ ada, shared }) {
        const [client, email] = [anonymousClient(), freshEmail()];
        await invite(ada, shared, email);
        await client.auth.signup.mutate({ email, password });
        return { ada, shared, client, email, token: await mailedTo(email, "verifyEmail") };
      },
      run: ({ client, token }) => client.auth.verifyEmail.mutate({ token }),
      async again({ client, email, token }) {
        if ((await client.auth.me.query()).user.emailVerified) return;
        expect(await codeOf(client.auth.verifyEmail.mutate({ token }))).toBe("none");
        expect(countMails(email, "verifyEmail")).toBe(1);
      },
      async after({ ada, shared, client }, stored) {
        expectConsistency(stored);
        const invitationId = await invitationTo(shared, { client });
        await client.organizations.invitations.accept.mutate({ invitationId });
        await client.account.delete.mutate({ password });
        expect(await waitingIn(ada, shared)).toEqual([]);
      },
    });
    expectStops(stops, "user", "email");
  });
});
