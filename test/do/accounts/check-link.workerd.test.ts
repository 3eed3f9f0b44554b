import { env } from "cloudflare:workers";
import { listDurableObjectIds, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { LinkKind } from "../../../src/do/mail/mail-message.js";
import { invalidLink } from "../../../src/router/auth/invalid-link.js";
import { freshEmail, openBrowser, password, signUp } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";
import { tokenTo, openChangeLink, openVerifyLink } from "../../fixtures/mail.js";
import { openSocket } from "../../fixtures/socket.js";

type SignedUp = Awaited<ReturnType<typeof signUp>>;

const HOUR = 60 * 60_000;
const newPassword = "another horse battery";
const anonymousClient = () => openBrowser().client();

afterEach(() => {
  vi.useRealTimers();
});

interface Link {
  /** Mails the link, and returns its token. */
  readonly send: (account: SignedUp, count?: number) => Promise<string>;
  readonly use: (token: string) => Promise<unknown>;
  /** Hours for which the link is valid. */
  readonly hours: number;
}

const links: Readonly<Record<LinkKind, Link>> = {
  verifyEmail: {
    send: async ({ client, email }, count = 1) => {
      if (count > 1) await client.auth.requestEmailVerification.mutate();
      return tokenTo(email, "verifyEmail", count);
    },
    use: (token) => openVerifyLink(token),
    hours: 24,
  },
  resetPassword: {
    send: async ({ email }, count = 1) => {
      await anonymousClient().auth.requestPasswordReset.mutate({ email });
      return tokenTo(email, "resetPassword", count);
    },
    use: (token) => anonymousClient().auth.resetPassword.mutate({ token, password: newPassword }),
    hours: 1,
  },
  changeEmail: {
    send: async ({ client, email }, count = 1) => {
      await client.auth.changeEmail.mutate({ email: `new-${email}`, password });
      return tokenTo(`new-${email}`, "changeEmail", count);
    },
    use: (token) => openChangeLink(token),
    hours: 1,
  },
  confirmDevice: {
    send: async ({ email, user }, count = 1) => {
      await runInDurableObject(env.BLOG_DO.getByName(`user:${user.id}`), (instance, { storage: { sql } }) => {
        sql.exec("UPDATE _account SET email_verified = 1");
        // A valid link would not be replaced.
        sql.exec("DELETE FROM _mail_tokens WHERE purpose = 'confirmDevice'");
        return instance.internal({ op: "requestDeviceLink", email, device: {} });
      });
      return tokenTo(email, "confirmDevice", count);
    },
    use: (token) => anonymousClient().auth.confirmDevice.mutate({ token }),
    hours: 1 / 3,
  },
};

const purposes = Object.keys(links) as LinkKind[];
const check = (purpose: LinkKind, token: string) => anonymousClient().auth.checkLink.mutate({ token, purpose });

async function expectInvalid(purpose: LinkKind, token: string): Promise<void> {
  await expect(check(purpose, token)).rejects.toMatchObject({
    message: invalidLink().message,
    data: { code: "BAD_REQUEST" },
  });
}

async function expectUsed(purpose: LinkKind, token: string): Promise<void> {
  await expect(check(purpose, token)).rejects.toMatchObject({ data: { code: "BAD_REQUEST", reason: "LINK_USED" } });
}

const allRows = (userId: string) =>
  runInDurableObject(env.BLOG_DO.getByName(`user:${userId}`), (_instance, { storage: { sql } }) =>
    JSON.stringify(
      ["_mail_tokens", "_audit", "_account", "_sessions"].map((table) => sql.exec(`SELECT * FROM ${table}`).toArray()),
    ),
  );

const effects = (userId: string) =>
  runInDurableObject(env.BLOG_DO.getByName(`user:${userId}`), (_instance, { storage: { sql } }) =>
    sql
      .exec(
        "SELECT id FROM _audit WHERE action IN ('email.verify', 'password.reset', 'email.change', 'device.confirm')",
      )
      .toArray(),
  );

describe.each(purposes)("a link of the kind %s", (purpose) => {
  const { send, use, hours } = links[purpose];

  it("is valid until it is used, however often it is checked", async () => {
    const account = await signUp();
    const token = await send(account);
    const before = await allRows(account.user.id);
    const answers = await Promise.all(Array.from({ length: 20 }, () => check(purpose, token)));
    expect(answers).toEqual(Array.from({ length: 20 }, () => ({ valid: true })));
    expect(await allRows(account.user.id)).toBe(before);
    await use(token);
    await expectUsed(purpose, token);
  });

  it("is invalid rather than used once it has expired", async () => {
    const token = await send(await signUp());
    await use(token);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + hours * HOUR + 1_000 });
    await expectInvalid(purpose, token);
  });

  it("takes effect once when it is used twenty times at once, while it is checked", async () => {
    const account = await signUp();
    const token = await send(account);
    const [codes] = await Promise.all([
      Promise.all(Array.from({ length: 20 }, () => codeOf(use(token)))),
      Promise.all(Array.from({ length: 20 }, () => codeOf(check(purpose, token)))),
    ]);
    expect(codes).toContain("none");
    expect(await effects(account.user.id)).toHaveLength(1);
  });

  it("is not valid for another purpose", async () => {
    const token = await send(await signUp());
    for (const other of purposes.filter((each) => each !== purpose)) await expectInvalid(other, token);
    expect(await check(purpose, token)).toEqual({ valid: true });
  });

  it("is not valid once it has expired", async () => {
    const token = await send(await signUp());
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + hours * HOUR + 1_000 });
    await expectInvalid(purpose, token);
  });

  it("is not valid once a newer link was mailed", async () => {
    const account = await signUp();
    const first = await send(account);
    const second = await send(account, 2);
    await expectInvalid(purpose, first);
    expect(await check(purpose, second)).toEqual({ valid: true });
  });

  it("is not valid after the account was deleted", async () => {
    const account = await signUp();
    const token = await send(account);
    await account.client.account.delete.mutate({ password });
    await expectInvalid(purpose, token);
  });

  it("can be checked with and without a session, over HTTP and over the user's own socket", async () => {
    const account = await signUp();
    const token = await send(account);
    expect(await account.client.auth.checkLink.mutate({ token, purpose })).toEqual({ valid: true });
    expect(await (await signUp()).client.auth.checkLink.mutate({ token, purpose })).toEqual({ valid: true });
    const { socket, send: sendFrame, until } = await openSocket(account.browser);
    sendFrame({ id: 1, method: "mutation", params: { path: "auth.checkLink", input: { json: { token, purpose } } } });
    expect((await until(1))[0]).toMatchObject({ result: { data: { json: { valid: true } } } });
    socket.close();
  });
});

describe("links that another event revoked", () => {
  it("are revoked by a new password if they set a password or confirm an address", async () => {
    const account = await signUp();
    const [reset, change, verify] = [
      await links.resetPassword.send(account),
      await links.changeEmail.send(account),
      await links.verifyEmail.send(account),
    ];
    await account.client.auth.changePassword.mutate({ currentPassword: password, newPassword });
    await expectInvalid("resetPassword", reset);
    await expectInvalid("changeEmail", change);
    expect(await check("verifyEmail", verify)).toEqual({ valid: true });
  });

  it("are revoked for the previous address by another pending change", async () => {
    const account = await signUp();
    const first = await links.changeEmail.send(account);
    await account.client.auth.changeEmail.mutate({ email: freshEmail(), password });
    await expectInvalid("changeEmail", first);
  });

  it("are revoked for the previous address once the account has another", async () => {
    const account = await signUp();
    const [verify, reset] = [await links.verifyEmail.send(account), await links.resetPassword.send(account)];
    await links.changeEmail.use(await links.changeEmail.send(account));
    await expectInvalid("verifyEmail", verify);
    await expectInvalid("resetPassword", reset);
  });
});

describe("tokens that were never mailed", () => {
  it("are rejected without a call to any object", async () => {
    const account = await signUp();
    const token = await links.resetPassword.send(account);
    const [kind, , secret, mac] = token.split(".");
    const before = (await listDurableObjectIds(env.BLOG_DO)).length;
    for (const created of ["", "x", `${kind}.${"0".repeat(32)}.${secret}.${mac}`, `${token}x`, token.toUpperCase()]) {
      await expectInvalid("resetPassword", created);
    }
    expect(await listDurableObjectIds(env.BLOG_DO)).toHaveLength(before);
  });

  it.each([
    ["no purpose", {}],
    ["an unknown purpose", { purpose: "signIn" }],
    ["a purpose of Object.prototype", { purpose: "constructor" }],
    ["a key that does not belong there", { purpose: "resetPassword", password: newPassword }],
  ])("rejects an input with %s", async (_name, input) => {
    const token = await links.resetPassword.send(await signUp());
    const call = anonymousClient().auth.checkLink.mutate({ token, ...input } as { token: string; purpose: LinkKind });
    expect(await codeOf(call)).toBe("BAD_REQUEST");
    expect(await check("resetPassword", token)).toEqual({ valid: true });
  });

  it("does not accept the token in a URL", async () => {
    const input = encodeURIComponent(JSON.stringify({ json: { token: "r.x", purpose: "resetPassword" } }));
    expect((await openBrowser().fetch(`/trpc/auth.checkLink?input=${input}`)).status).toBe(405);
  });
});
