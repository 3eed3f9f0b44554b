import { env } from "cloudflare:workers";
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { freshEmail, openBrowser, password, signUp } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";
import { becomeEarlierVersion } from "../../fixtures/earlier-version.js";
import { countMails, tokenTo, openChangeLink } from "../../fixtures/mail.js";
import { addressName, untilIdle } from "../../fixtures/organizations.js";
import { moveClock } from "../../fixtures/move-clock.js";

const MINUTE = 60_000;
const anonymousClient = () => openBrowser().client();
const addressObject = async (email: string) => env.BLOG_DO.getByName(await addressName(email));

afterEach(() => void vi.useRealTimers());

const accountsIn = (userId: string) =>
  runInDurableObject(env.BLOG_DO.getByName(`user:${userId}`), (_instance, { storage: { sql } }) => {
    const tables = sql.exec("SELECT 1 FROM sqlite_master WHERE name = '_account'").toArray();
    return tables.length === 0 ? [] : sql.exec("SELECT email FROM _account").toArray();
  });

const pointerOf = async (email: string) =>
  runInDurableObject(await addressObject(email), (_instance, { storage }) =>
    storage.sql.exec("SELECT * FROM _pointer").toArray(),
  );

/** A user who wants to change to an address, and the link that was mailed to it. */
async function withChange(target = freshEmail()) {
  const account = await signUp();
  await account.client.auth.changeEmail.mutate({ email: target, password });
  return { ...account, target, token: await tokenTo(target, "changeEmail") };
}

interface BegunChange {
  readonly userId: string;
  readonly operationId: string;
  readonly target: string;
}

const operationOf = async (target: string) => String((await pointerOf(target))[0]?.["operation_id"]);

/** Reserves the address as a user's object does before the change. */
async function reserveAgain({ userId, operationId, target }: BegunChange, until: number): Promise<string> {
  const stub = await addressObject(target);
  const request = { op: "reserveAddress", userId, operationId, email: target, until } as const;
  return String(await stub.internal({ ...request, isConfirming: true }));
}

async function beginConfirmation({ user, target }: Awaited<ReturnType<typeof withChange>>, until: number) {
  return reserveAgain({ userId: user.id, operationId: await operationOf(target), target }, until);
}

const confirm = (token: string) => codeOf(openChangeLink(token));

describe("an address that somebody reserved and did not confirm", () => {
  it("is free for a sign-up; the change is then refused, and its account keeps its address", async () => {
    const change = await withChange();
    const { user, client } = await signUp(change.target);
    expect(user.id).not.toBe(change.user.id);
    const refused = await openChangeLink(change.token).then(() => "none", String);
    expect(refused).toContain("Another account got this address");
    expect(await confirm(change.token)).toBe("CONFLICT");
    expect((await change.client.auth.me.query()).user.email).toBe(change.email);
    expect((await client.auth.me.query()).user.id).toBe(user.id);
    expect((await anonymousClient().auth.login.mutate({ email: change.target, password })).user.id).toBe(user.id);
    expect((await anonymousClient().auth.login.mutate({ email: change.email, password })).user.id).toBe(change.user.id);
  });

  it("is free for a sign-up however often it is reserved again", async () => {
    const { client, target } = await withChange();
    for (let times = 0; times < 2; times++) await client.auth.changeEmail.mutate({ email: target, password });
    await evictDurableObject(await addressObject(target));
    expect((await signUp(target)).user.email).toBe(target);
  });

  it("is not reserved again while an account has it", async () => {
    const { client, target } = await withChange();
    await signUp(target);
    expect(await codeOf(client.auth.changeEmail.mutate({ email: target, password }))).toBe("CONFLICT");
  });

  it("can still be confirmed after a sign-up that the app refused, without another mail", async () => {
    const change = await withChange(`refused-${freshEmail()}`);
    expect(await codeOf(anonymousClient().auth.signup.mutate({ email: change.target, password }))).toBe("FORBIDDEN");
    expect(await confirm(change.token)).toBe("none");
    expect((await change.client.auth.me.query()).user.email).toBe(change.target);
    expect(countMails(change.target, "changeEmail")).toBe(1);
  });

  it("can still be confirmed once the account that signed up with it is deleted", async () => {
    const change = await withChange();
    const other = await signUp(change.target);
    expect(await confirm(change.token)).toBe("CONFLICT");
    await other.client.account.delete.mutate({ password });
    expect(await confirm(change.token)).toBe("none");
    expect((await anonymousClient().auth.login.mutate({ email: change.target, password })).user.id).toBe(
      change.user.id,
    );
  });

  it("stays free when the change is cancelled after the sign-up", async () => {
    const change = await withChange();
    const { user } = await signUp(change.target);
    await change.client.auth.changeEmail.mutate({ email: freshEmail(), password });
    await untilIdle(`user:${change.user.id}`);
    expect(await pointerOf(change.target)).toMatchObject([{ user_id: user.id, committed: 1 }]);
    expect(
      await codeOf(anonymousClient().auth.signup.mutate({ email: change.target, password: "another horse" })),
    ).toBe("CONFLICT");
  });
});

describe("an address that several accounts want to change to", () => {
  it("belongs to the account that confirms, not to the one that asked first or last", async () => {
    const target = freshEmail();
    const [first, second] = [await withChange(target), await signUp()];
    await second.client.auth.changeEmail.mutate({ email: target, password });
    await tokenTo(target, "changeEmail", 2);
    expect(await confirm(first.token)).toBe("none");
    await untilIdle(`user:${first.user.id}`);
    expect(await pointerOf(target)).toMatchObject([{ user_id: first.user.id, committed: 1 }]);
    expect(await codeOf(second.client.auth.changeEmail.mutate({ email: target, password }))).toBe("CONFLICT");
  });

  it("is given to one confirmation when another begins while the first is being checked", async () => {
    const target = freshEmail();
    const changes: BegunChange[] = [];
    for (let sent = 1; sent <= 2; sent++) {
      const { user, client } = await signUp();
      await client.auth.changeEmail.mutate({ email: target, password });
      await tokenTo(target, "changeEmail", sent);
      changes.push({ userId: user.id, operationId: await operationOf(target), target });
    }
    // The first confirmation waits for the object of the second user, who asked last. The second does not have to wait.
    const answers = await Promise.all(changes.map((change) => reserveAgain(change, Date.now() + MINUTE)));
    expect(answers).toEqual(["taken", "reserved"]);
  });

  it("is confirmed once when all links are opened at once", async () => {
    const target = freshEmail();
    const changes = [];
    for (let sent = 1; sent <= 3; sent++) {
      const account = await signUp();
      await account.client.auth.changeEmail.mutate({ email: target, password });
      changes.push({ ...account, token: await tokenTo(target, "changeEmail", sent) });
    }
    const codes = await Promise.all(changes.flatMap(({ token }) => Array.from({ length: 7 }, () => confirm(token))));
    expect(codes).toContain("none");
    const emails = await Promise.all(changes.map(async ({ client }) => (await client.auth.me.query()).user.email));
    expect(emails.filter((email) => email === target)).toHaveLength(1);
  });

  it("is reserved for each of them when they ask at once", async () => {
    const [target, one, other] = [freshEmail(), await signUp(), await signUp()];
    const ask = ({ client }: typeof one) => codeOf(client.auth.changeEmail.mutate({ email: target, password }));
    expect(await Promise.all([ask(one), ask(other), ask(one)])).toEqual(["none", "none", "none"]);
  });
});

describe("a confirmation that is under way", () => {
  it("blocks other changes, and is not interrupted by another request of the same account", async () => {
    const [change, other] = [await withChange(), await signUp()];
    await beginConfirmation(change, Date.now() + 11 * MINUTE);
    expect(await codeOf(other.client.auth.changeEmail.mutate({ email: change.target, password }))).toBe("CONFLICT");
    await change.client.auth.changeEmail.mutate({ email: change.target, password });
    expect(await codeOf(anonymousClient().auth.signup.mutate({ email: change.target, password }))).toBe("CONFLICT");
    expect(await confirm(await tokenTo(change.target, "changeEmail", 2))).toBe("none");
    expect((await change.client.auth.me.query()).user.email).toBe(change.target);
  });

  it("blocks sign-ups until its deadline, and no longer", async () => {
    const change = await withChange();
    expect(await beginConfirmation(change, Date.now() + 11 * MINUTE)).toBe("reserved");
    expect(await codeOf(anonymousClient().auth.signup.mutate({ email: change.target, password }))).toBe("CONFLICT");
    await evictDurableObject(await addressObject(change.target));
    expect(await codeOf(anonymousClient().auth.signup.mutate({ email: change.target, password }))).toBe("CONFLICT");
    moveClock(12 * MINUTE);
    expect((await signUp(change.target)).user.id).not.toBe(change.user.id);
    expect(await confirm(change.token)).toBe("CONFLICT");
  });

  it("blocks nothing when it was never finished", async () => {
    const change = await withChange();
    await beginConfirmation(change, Date.now() + 11 * MINUTE);
    moveClock(12 * MINUTE);
    await runDurableObjectAlarm(await addressObject(change.target));
    expect(await confirm(change.token)).toBe("none");
    expect((await change.client.auth.me.query()).user.email).toBe(change.target);
  });

  it("does not begin while somebody signs up", async () => {
    const change = await withChange();
    const codes = await Promise.all([
      codeOf(anonymousClient().auth.signup.mutate({ email: change.target, password })),
      confirm(change.token),
    ]);
    expect(codes.toSorted()).toEqual(["CONFLICT", "none"]);
  });

  it("takes effect once of twenty at once, and is committed in the index", async () => {
    const change = await withChange();
    const codes = await Promise.all(Array.from({ length: 20 }, () => confirm(change.token)));
    expect(codes).toContain("none");
    await untilIdle(`user:${change.user.id}`);
    expect(await pointerOf(change.target)).toMatchObject([{ user_id: change.user.id, committed: 1, email: null }]);
    expect(await codeOf(anonymousClient().auth.signup.mutate({ email: change.target, password }))).toBe("CONFLICT");
  });

  it("gives the address one owner when twenty sign up and twenty confirm at once", async () => {
    for (let rounds = 0; rounds < 8; rounds++) {
      const change = await withChange();
      const clients = Array.from({ length: 20 }, () => anonymousClient());
      const signups = clients.map(
        (client, index) => () =>
          // Each has its own password, so that none counts as a repeated call.
          codeOf(client.auth.signup.mutate({ email: change.target, password: `horse number ${index} of twenty` })),
      );
      const confirmations = clients.map(() => () => confirm(change.token));
      const calls = rounds % 2 === 0 ? [...signups, ...confirmations] : [...confirmations, ...signups];
      await Promise.all(calls.map((call) => call()));

      const found = await Promise.allSettled(clients.map((client) => client.auth.me.query()));
      const newUsers = found.flatMap((each) => (each.status === "fulfilled" ? [each.value.user.id] : []));
      const { email } = (await change.client.auth.me.query()).user;
      const owners = [...newUsers, ...(email === change.target ? [change.user.id] : [])];
      expect(owners).toHaveLength(1);
      await untilIdle(`user:${change.user.id}`);
      expect(await pointerOf(change.target)).toMatchObject([{ user_id: owners[0], committed: 1 }]);
      expect(await accountsIn(owners[0] ?? "")).toEqual([{ email: change.target }]);
    }
  });
});

/** The statements with which the version before reserves an address. */
const oldReservation = "INSERT OR REPLACE INTO _pointer VALUES (1, ?, ?, ?, 0, ?, ?)";

it("reads a reservation that the version before stored, also after a rollback, and lets a sign-up replace it", async () => {
  const change = await withChange();
  const stub = await addressObject(change.target);
  await runInDurableObject(stub, (_instance, { storage: { sql } }) => {
    sql.exec(oldReservation, change.user.id, "ab".repeat(16), 0, change.target, Date.now() + 60_000);
    becomeEarlierVersion(sql);
  });
  await evictDurableObject(stub);
  expect(await pointerOf(change.target)).toHaveLength(1);
  const { user } = await signUp(change.target);
  expect(await pointerOf(change.target)).toMatchObject([{ user_id: user.id, committed: 1, is_new_user: 1 }]);
});
