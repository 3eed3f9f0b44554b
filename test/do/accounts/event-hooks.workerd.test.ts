import { env } from "cloudflare:workers";
import { createCaller } from "trpc-userdo/worker";
import { afterEach, describe, expect, it, vi } from "vitest";
import { calledHooks, setHooks, type Behaviour } from "../../fixtures/app/account-events.js";
import type { AppRouter } from "../../fixtures/app/router.js";
import { openBrowser, password, signUp } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";
import { tokenTo, openChangeLink, openVerifyLink } from "../../fixtures/mail.js";

type SignedUp = Awaited<ReturnType<typeof signUp>>;

const newPassword = "another horse battery";
const anonymousClient = () => openBrowser().client();
const asUser = (userId: string) => createCaller<AppRouter>(env.BLOG_DO).asUser({ userId });

afterEach(() => {
  vi.restoreAllMocks();
});

async function verify({ email }: SignedUp): Promise<void> {
  await openVerifyLink(await tokenTo(email, "verifyEmail"));
}

interface Event {
  readonly path: string;
  readonly hook: "onEmailVerified" | "onEmailChanged" | "onProfileChanged";
  /** Prepares the event, and returns the function that causes it. */
  readonly prepare: (account: SignedUp) => Promise<() => Promise<unknown>>;
  readonly hasHappened: (account: SignedUp) => Promise<boolean>;
}

const events: readonly Event[] = [
  {
    path: "auth.verifyEmail",
    hook: "onEmailVerified",
    async prepare({ email }) {
      const token = await tokenTo(email, "verifyEmail");
      return () => openVerifyLink(token);
    },
    hasHappened: async ({ user }) => (await asUser(user.id).account.get()).emailVerified,
  },
  {
    path: "auth.resetPassword",
    hook: "onEmailVerified",
    async prepare({ email }) {
      await anonymousClient().auth.requestPasswordReset.mutate({ email });
      const token = await tokenTo(email, "resetPassword");
      return () => anonymousClient().auth.resetPassword.mutate({ token, password: newPassword });
    },
    hasHappened: async ({ client }) => (await codeOf(client.auth.me.query())) === "UNAUTHORIZED",
  },
  {
    path: "auth.confirmEmailChange",
    hook: "onEmailChanged",
    async prepare(account) {
      // Otherwise the hook for a verified address runs too.
      await verify(account);
      const email = `new-${account.email}`;
      await account.client.auth.changeEmail.mutate({ email, password });
      const token = await tokenTo(email, "changeEmail");
      return () => openChangeLink(token);
    },
    hasHappened: async ({ user, email }) => (await asUser(user.id).account.get()).email !== email,
  },
  {
    path: "account.update",
    hook: "onProfileChanged",
    prepare: ({ client }) => Promise.resolve(() => client.account.update.mutate({ profile: { firstName: "Ada" } })),
    hasHappened: async ({ user }) => (await asUser(user.id).account.get()).profile.firstName === "Ada",
  },
];

describe.each(events)("$path", ({ hook, prepare, hasHappened }) => {
  async function start(behaviour: Behaviour) {
    const account = await signUp();
    const happen = await prepare(account);
    const earlier = calledHooks(account.user.id).length;
    setHooks(account.user.id, behaviour);
    return {
      happen,
      hasHappened: () => hasHappened(account),
      called: () => calledHooks(account.user.id).slice(earlier),
      notes: async () => (await asUser(account.user.id).notes.list()).map(({ text }) => text),
      account,
    };
  }

  it(`calls ${hook} once with the current account, and keeps what the hook wrote`, async () => {
    const { happen, called, notes, account } = await start("write");
    await happen();
    expect(called().map((each) => each.hook)).toEqual([hook]);
    expect(called()[0]?.event.user).toEqual(await asUser(account.user.id).account.get());
    expect(await notes()).toEqual([hook]);
  });

  it(`calls ${hook} once for twenty calls at once`, async () => {
    const { happen, called, notes } = await start("write");
    await Promise.all(Array.from({ length: 20 }, () => codeOf(happen())));
    expect(called()).toHaveLength(1);
    expect(await notes()).toEqual([hook]);
  });

  it.each([
    ["refuse", "FORBIDDEN"],
    ["break", "INTERNAL_SERVER_ERROR"],
  ] as const)("is undone by a hook that throws (%s), and can be repeated", async (behaviour, code) => {
    vi.spyOn(console, "error").mockReturnValue();
    const { happen, called, notes, account, ...event } = await start(behaviour);
    expect(await codeOf(happen())).toBe(code);
    expect(await event.hasHappened()).toBe(false);
    expect(await notes()).toEqual([]);
    setHooks(account.user.id, "write");
    expect(await codeOf(happen())).toBe("none");
    expect(await event.hasHappened()).toBe(true);
    expect(called()).toHaveLength(2);
    expect(await notes()).toEqual([hook]);
  });

  it("sends the message of a hook's TRPCError to the caller, and hides that of other errors", async () => {
    vi.spyOn(console, "error").mockReturnValue();
    const refused = await start("refuse");
    await expect(refused.happen()).rejects.toThrow("Not now.");
    const broken = await start("break");
    await expect(broken.happen()).rejects.not.toThrow("hunter2");
  });

  it("succeeds when a hook rejects later, waits for it, and reports the error", async () => {
    const log = vi.spyOn(console, "error").mockReturnValue();
    const { happen, notes, ...event } = await start("late");
    await happen();
    expect(await event.hasHappened()).toBe(true);
    expect(await notes()).toEqual([hook, `${hook}, later`]);
    expect(log.mock.calls).toEqual([[expect.stringContaining(`"(${hook})"`), new Error("hunter2")]]);
  });

  it("is not undone by an async hook that throws before its first await, and reports the error", async () => {
    const log = vi.spyOn(console, "error").mockReturnValue();
    const { happen, notes, ...event } = await start("async");
    await happen();
    expect(await event.hasHappened()).toBe(true);
    expect(await notes()).toEqual([hook]);
    expect(log).toHaveBeenCalledOnce();
  });
});

describe("onEmailVerified", () => {
  it("runs when a change of address verifies the account's first address, after onEmailChanged", async () => {
    const { client, email, user } = await signUp();
    const target = `new-${email}`;
    await client.auth.changeEmail.mutate({ email: target, password });
    const token = await tokenTo(target, "changeEmail");
    setHooks(user.id, "write");
    await Promise.all(Array.from({ length: 20 }, () => codeOf(openChangeLink(token))));
    expect(calledHooks(user.id).map(({ hook }) => hook)).toEqual(["onEmailChanged", "onEmailVerified"]);
    for (const { event } of calledHooks(user.id)) {
      expect(event.user).toMatchObject({ email: target, emailVerified: true });
    }
  });

  it("does not run for an address that was verified: by a change, or by a reset", async () => {
    const account = await signUp();
    await verify(account);
    await anonymousClient().auth.requestPasswordReset.mutate({ email: account.email });
    const token = await tokenTo(account.email, "resetPassword");
    await anonymousClient().auth.resetPassword.mutate({ token, password: newPassword });
    expect(calledHooks(account.user.id).map(({ hook }) => hook)).toEqual(["onEmailVerified"]);
  });
});

it("passes the previous address to onEmailChanged", async () => {
  const account = await signUp();
  await verify(account);
  await account.client.auth.changeEmail.mutate({ email: `new-${account.email}`, password });
  await openChangeLink(await tokenTo(`new-${account.email}`, "changeEmail"));
  const last = calledHooks(account.user.id).at(-1);
  expect(last).toMatchObject({
    hook: "onEmailChanged",
    event: { previousEmail: account.email, user: { id: account.user.id, email: `new-${account.email}` } },
  });
});

describe("onProfileChanged", () => {
  it("runs for each of twenty different updates at once", async () => {
    const { client, user } = await signUp();
    setHooks(user.id, "write");
    const names = Array.from({ length: 20 }, (_, index) => `Ada ${index}`);
    await Promise.all(names.map((firstName) => client.account.update.mutate({ profile: { firstName } })));
    expect(calledHooks(user.id)).toHaveLength(20);
  });

  it("does not run for a sign-up, for an update that changes nothing, or for one that is refused", async () => {
    const client = anonymousClient();
    const profile = { firstName: "Ada", born: new Date(0) };
    const email = `${crypto.randomUUID()}@example.com`;
    const { user } = await client.auth.signup.mutate({ email, password, profile });
    await client.account.update.mutate({ profile });
    await client.account.update.mutate({ profile: {} });
    await client.account.update.mutate({ profile: { lastName: null } });
    await codeOf(client.account.update.mutate({ profile: { firstName: "a".repeat(101) } }));
    expect(calledHooks(user.id)).toEqual([]);
    await client.account.update.mutate({ profile: { born: new Date(1) } });
    expect(calledHooks(user.id)).toHaveLength(1);
  });

  it("runs for an update by another Worker", async () => {
    const { user } = await signUp();
    await asUser(user.id).account.update({ profile: { firstName: "Ada" } });
    expect(calledHooks(user.id).map(({ hook }) => hook)).toEqual(["onProfileChanged"]);
  });
});
