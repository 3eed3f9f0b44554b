import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { errorReason } from "../../../src/shared/error-reason.js";
import { createCaller } from "../../../src/worker/create-caller.js";
import type { AppRouter } from "../../fixtures/app/router.js";
import { freshEmail, openBrowser, password } from "../../fixtures/browser.js";
import { addressName } from "../../fixtures/organizations.js";

// The class behind this path has no mail hook, and DEV is not set.
const open = () => openBrowser().client("batch", "/other");

interface Failure {
  readonly code: unknown;
  readonly reason: unknown;
  readonly message: string;
}

async function failureOf(call: Promise<unknown>): Promise<Failure> {
  const error = await call.then(
    () => new Error("The call succeeded."),
    (thrown: unknown) => thrown as Error,
  );
  const { code, data } = error as { code?: unknown; data?: { code?: unknown } };
  return { code: data?.code ?? code, reason: errorReason(error), message: error.message };
}

const notConfigured = {
  code: "PRECONDITION_FAILED",
  reason: "MAIL_NOT_CONFIGURED",
  message: expect.stringContaining("Give createUserDO the option `mail`"),
};

async function signUp(email = freshEmail()) {
  const client = open();
  const answer = await client.auth.signup.mutate({ email, password });
  return { client, email, answer };
}

async function tablesOf(email: string): Promise<unknown[]> {
  const object = env.OTHER_DO.getByName(await addressName(email));
  return runInDurableObject(object, (_instance, { storage }) =>
    storage.sql.exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'").toArray(),
  );
}

describe("an app without a mail hook", () => {
  it("signs users up and in without mentioning a mail", async () => {
    const { client, email, answer } = await signUp();
    expect(answer).toEqual({
      user: expect.objectContaining({ email, emailVerified: false }),
      session: expect.objectContaining({ id: expect.any(String) }),
    });
    await client.auth.logout.mutate();
    expect((await open().auth.login.mutate({ email, password })).user.email).toBe(email);
  });

  it("refuses a password reset in the same way for an address with an account and for one without", async () => {
    const { email } = await signUp();
    const unknown = freshEmail();
    const failures = [];
    for (const address of [email, unknown]) {
      failures.push(await failureOf(open().auth.requestPasswordReset.mutate({ email: address })));
    }
    expect(failures[0]).toEqual(notConfigured);
    expect(failures[1]).toEqual(failures[0]);
    expect(await tablesOf(unknown)).toEqual([]);
  });

  it("refuses a password reset as often as it is asked for", async () => {
    const email = freshEmail();
    for (let requests = 0; requests < 5; requests++) {
      expect(await failureOf(open().auth.requestPasswordReset.mutate({ email }))).toEqual(notConfigured);
    }
  });

  it("refuses a link that confirms a device in the same way for every address", async () => {
    const { email } = await signUp();
    const unknown = freshEmail();
    for (const address of [email, unknown]) {
      expect(await failureOf(open().auth.requestDeviceLink.mutate({ email: address }))).toEqual(notConfigured);
    }
    expect(await tablesOf(unknown)).toEqual([]);
  });

  it("refuses another verification mail", async () => {
    const { client } = await signUp();
    expect(await failureOf(client.auth.requestEmailVerification.mutate())).toEqual(notConfigured);
  });

  it("refuses a change of the address, whatever the password and the address", async () => {
    const { client } = await signUp();
    const { email: taken } = await signUp();
    const inputs = [
      { email: freshEmail(), password },
      { email: freshEmail(), password: "not the password" },
      { email: taken, password },
    ];
    for (const input of inputs) {
      expect(await failureOf(client.auth.changeEmail.mutate(input))).toEqual(notConfigured);
    }
    // Nothing was reserved.
    await signUp(inputs[0]?.email);
  });

  it("refuses invitations, over HTTP and from another Worker, and stores none", async () => {
    const { client, answer } = await signUp();
    const { id: organizationId } = await client.organizations.create.mutate({ name: "Ada's" });
    const { email: known } = await signUp();
    for (const email of [known, freshEmail()]) {
      const input = { organizationId, email, role: "member" } as const;
      expect(await failureOf(client.organizations.invitations.create.mutate(input))).toEqual(notConfigured);
      const caller = createCaller<AppRouter>(env.OTHER_DO).asUser({ userId: answer.user.id });
      expect(await failureOf(caller.organizations.invitations.create(input))).toEqual(notConfigured);
    }
    expect(await client.organizations.invitations.list.query({ organizationId })).toEqual([]);
  });

  it("still refuses callers without the permission to invite", async () => {
    const { client } = await signUp();
    const { id: organizationId } = await client.organizations.create.mutate({ name: "Ada's" });
    const { client: stranger } = await signUp();
    const input = { organizationId, email: freshEmail(), role: "member" } as const;
    expect((await failureOf(stranger.organizations.invitations.create.mutate(input))).code).toBe("FORBIDDEN");
    expect((await failureOf(open().auth.requestEmailVerification.mutate())).code).toBe("UNAUTHORIZED");
  });
});
