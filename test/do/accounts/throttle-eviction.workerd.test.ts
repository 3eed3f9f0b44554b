import { env } from "cloudflare:workers";
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { emailObjectAddress } from "../../../src/shared/email-object-address.js";
import { toName } from "../../../src/shared/owner.js";
import { freshEmail, openBrowser, password, signUp } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";
import { moveClock } from "../../fixtures/move-clock.js";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const wrong = "not the password";
const slowedDown = [...Array<string>(5).fill("UNAUTHORIZED"), "TOO_MANY_REQUESTS"];

// The tests set the clock, so that the duration of a hash does not matter.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
});
afterEach(() => {
  vi.useRealTimers();
});

const indexOf = async (email: string) =>
  env.BLOG_DO.getByName(toName(await emailObjectAddress(env.INDEX_SECRET, email)));
const userObject = (id: string) => env.BLOG_DO.getByName(toName({ type: "user", id }));

const login = (email: string, secret: string, browser = openBrowser()) =>
  codeOf(browser.client().auth.login.mutate({ email, password: secret }));

type Target = Awaited<ReturnType<typeof indexOf>>;

/** The stored counts, by name. A device's name is shortened. */
function countsIn(object: Target): Promise<Record<string, number>> {
  return runInDurableObject(object, (_instance, { storage }) => {
    const tables = storage.sql.exec("SELECT 1 FROM sqlite_master WHERE name = '_throttle'").toArray();
    const rows = tables.length > 0 ? storage.sql.exec("SELECT name, count FROM _throttle").toArray() : [];
    return Object.fromEntries(rows.map((row) => [String(row["name"]).split(" ")[0], Number(row["count"])]));
  });
}

/** Six guesses with an eviction after each. */
async function guessBetweenEvictions(object: Target, guess: () => Promise<unknown>): Promise<unknown[]> {
  const codes: unknown[] = [];
  for (let guesses = 0; guesses < 6; guesses++) {
    codes.push(await guess());
    await evictDurableObject(object);
  }
  return codes;
}

describe("the limit of password guesses between evictions", () => {
  it("counts sign-ins, for an address with an account or without", async () => {
    const { email } = await signUp();
    for (const address of [email, freshEmail()]) {
      const object = await indexOf(address);
      expect(await guessBetweenEvictions(object, () => login(address, wrong))).toEqual(slowedDown);
    }
  });

  it("counts sign-ins from a known device", async () => {
    const { email, browser } = await signUp();
    const codes = await guessBetweenEvictions(await indexOf(email), () => login(email, wrong, browser));
    expect(codes).toEqual(slowedDown);
  });

  it.each(["delete", "changePassword", "changeEmail"] as const)(
    "counts the password that %s requires",
    async (name) => {
      const { client, user } = await signUp();
      const email = freshEmail();
      const calls = {
        delete: () => client.account.delete.mutate({ password: wrong }),
        changePassword: () =>
          client.auth.changePassword.mutate({ currentPassword: wrong, newPassword: "another horse battery" }),
        changeEmail: () => client.auth.changeEmail.mutate({ email, password: wrong }),
      };
      expect(await guessBetweenEvictions(userObject(user.id), () => codeOf(calls[name]()))).toEqual(slowedDown);
    },
  );
});

describe("a right password", () => {
  it("stores nothing when there were no wrong ones", async () => {
    const { email, browser, client, user } = await signUp();
    expect(await login(email, password)).toBe("none");
    expect(await login(email, password, browser)).toBe("none");
    await client.auth.changeEmail.mutate({ email: freshEmail(), password });
    expect(await countsIn(await indexOf(email))).toEqual({});
    expect(await countsIn(userObject(user.id))).toEqual({});
  });

  it("does not give a stranger new guesses, from a known device or from a new one", async () => {
    const { email, browser } = await signUp();
    for (let guesses = 0; guesses < 3; guesses++) await login(email, wrong);
    expect(await login(email, password, browser)).toBe("none");
    expect(await login(email, password)).toBe("none");
    expect(await countsIn(await indexOf(email))).toEqual({ account: 3 });
  });

  it("clears the count of the known device that it comes from", async () => {
    const { email, browser } = await signUp();
    for (let guesses = 0; guesses < 3; guesses++) await login(email, wrong, browser);
    expect(await countsIn(await indexOf(email))).toEqual({ device: 3 });
    expect(await login(email, password, browser)).toBe("none");
    expect(await countsIn(await indexOf(email))).toEqual({});
  });

  it("does not give new guesses to a stolen session", async () => {
    const { client, user } = await signUp();
    for (let guesses = 0; guesses < 3; guesses++) await codeOf(client.account.delete.mutate({ password: wrong }));
    await client.auth.changeEmail.mutate({ email: freshEmail(), password });
    expect(await countsIn(userObject(user.id))).toEqual({ confirm: 3 });
  });

  it("keeps the counts of concurrent wrong ones", async () => {
    const { email } = await signUp();
    const secrets = [wrong, wrong, password, wrong];
    const codes = await Promise.all(secrets.map((secret) => login(email, secret)));
    expect(codes[2]).toBe("none");
    expect(await countsIn(await indexOf(email))).toEqual({ account: 3 });
  });
});

describe("counts that are no longer needed", () => {
  it("deletes a single guess at a made-up address after 15 minutes", async () => {
    const email = freshEmail();
    await login(email, wrong);
    const object = await indexOf(email);
    expect(await countsIn(object)).toEqual({ account: 1 });
    moveClock(15 * MINUTE + SECOND);
    await runDurableObjectAlarm(object);
    const tables = await runInDurableObject(object, (_instance, { storage }) =>
      storage.sql.exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'").toArray(),
    );
    expect(tables).toEqual([]);
  });

  it("keeps more guesses for longer", async () => {
    const email = freshEmail();
    for (let guesses = 0; guesses < 5; guesses++) await login(email, wrong);
    const object = await indexOf(email);
    moveClock(59 * MINUTE);
    await runDurableObjectAlarm(object);
    expect(await countsIn(object)).toEqual({ account: 5 });
  });
});
