import { env } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createCaller } from "../../../src/worker/create-caller.js";
import type { AppRouter } from "../../fixtures/app/router.js";
import { freshEmail, password, signUp } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";
import { addressName, storesAnything } from "../../fixtures/organizations.js";
import { overSocket, codeOfCall } from "../../fixtures/transports.js";

const LIMIT = 10;
const HOUR = 60 * 60_000;

type Person = Awaited<ReturnType<typeof signUp>>;

const probe = ({ client }: Pick<Person, "client">, email = freshEmail()) =>
  codeOf(client.auth.changeEmail.mutate({ email, password }));

async function probeAll(person: Pick<Person, "client">, emails: readonly string[]): Promise<unknown[]> {
  const codes: unknown[] = [];
  for (const email of emails) codes.push(await probe(person, email));
  return codes;
}

const fresh = (count: number) => Array.from({ length: count }, () => freshEmail());

afterEach(() => void vi.useRealTimers());

describe("an account that tries addresses with auth.changeEmail", () => {
  it("may try ten addresses in an hour, whether or not they have accounts", async () => {
    const [person, other] = [await signUp(), await signUp()];
    const taken: string[] = [];
    for (let count = 0; count < 4; count++) taken.push((await signUp()).email);
    const emails = [...fresh(3), ...taken, ...fresh(3)];
    const codes = await probeAll(person, emails);
    expect(codes).toEqual(emails.map((email) => (taken.includes(email) ? "CONFLICT" : "none")));
    expect(await probe(person)).toBe("TOO_MANY_REQUESTS");
    expect(await probe(person, other.email)).toBe("TOO_MANY_REQUESTS");
  });

  it("may repeat an address, because the answer reveals nothing new", async () => {
    const [person, taken] = [await signUp(), await signUp()];
    await probeAll(person, fresh(LIMIT - 1));
    const spellings = [taken.email, taken.email.toUpperCase(), ` ${taken.email}`];
    expect(await probeAll(person, spellings)).toEqual(["CONFLICT", "CONFLICT", "CONFLICT"]);
    expect(await probe(person)).toBe("TOO_MANY_REQUESTS");
    expect(await probe(person, taken.email)).toBe("CONFLICT");
  });

  it("does not call the object of an address beyond that limit", async () => {
    const person = await signUp();
    await probeAll(person, fresh(LIMIT));
    const email = freshEmail();
    expect(await probe(person, email)).toBe("TOO_MANY_REQUESTS");
    expect(await storesAnything(await addressName(email))).toBe(false);
  });

  it("is still counted after its object was evicted, over a socket and for a server caller", async () => {
    const person = await signUp();
    const stub = env.BLOG_DO.getByName(`user:${person.user.id}`);
    await probeAll(person, fresh(LIMIT - 2));
    await evictDurableObject(stub);
    const socket = await overSocket(person.browser);
    const overTheSocket = () => codeOfCall(socket.mutate("auth.changeEmail", { email: freshEmail(), password }));
    const caller = createCaller<AppRouter>(env.BLOG_DO).asUser({ userId: person.user.id });
    expect(await overTheSocket()).toBe("none");
    await caller.auth.changeEmail({ email: freshEmail(), password });
    expect(await overTheSocket()).toBe("TOO_MANY_REQUESTS");
    await expect(caller.auth.changeEmail({ email: freshEmail(), password })).rejects.toMatchObject({
      code: "TOO_MANY_REQUESTS",
    });
    expect(await probe(person)).toBe("TOO_MANY_REQUESTS");
  });

  it("is counted over all of its sessions together", async () => {
    const [person, taken] = [await signUp(), await signUp()];
    await probeAll(person, fresh(LIMIT));
    const again = await signUp();
    await again.client.auth.login.mutate({ email: person.email, password });
    expect(await probe(again, taken.email)).toBe("TOO_MANY_REQUESTS");
  });

  it("gets only as many answers as the limit when it tries many addresses at once", async () => {
    const person = await signUp();
    const stub = env.BLOG_DO.getByName(`user:${person.user.id}`);
    await probeAll(person, fresh(LIMIT - 3));
    // Four passwords may wait to be hashed at once.
    const codes = await Promise.all(Array.from({ length: 5 }, async () => String(await probe(person))));
    expect(codes.toSorted()).toEqual(["TOO_MANY_REQUESTS", "TOO_MANY_REQUESTS", "none", "none", "none"]);
    const counted = await runInDurableObject(stub, (_instance, { storage: { sql } }) =>
      sql.exec("SELECT count(*) AS n FROM _rate_log WHERE name LIKE 'changeEmail %'").one(),
    );
    expect(counted["n"]).toBe(LIMIT);
  });

  it("may continue after an hour", async () => {
    const person = await signUp();
    await probeAll(person, fresh(LIMIT + 1));
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + HOUR });
    expect(await probe(person)).toBe("none");
  });

  it("is not counted for a wrong password, which is counted separately", async () => {
    const person = await signUp();
    const wrong = { email: freshEmail(), password: "not the password" };
    for (let times = 0; times < 3; times++) {
      expect(await codeOf(person.client.auth.changeEmail.mutate(wrong))).toBe("UNAUTHORIZED");
    }
    expect(new Set(await probeAll(person, fresh(LIMIT)))).toEqual(new Set(["none"]));
  });
});
