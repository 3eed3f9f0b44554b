import { env } from "cloudflare:workers";
import fc from "fast-check";
import { createCaller } from "trpc-userdo/worker";
import { afterEach, expect, it, vi } from "vitest";
import type { AppRouter } from "../fixtures/app/router.js";
import { openBrowser, openSlowTab, password, signUp, type SlowTab } from "../fixtures/browser.js";
import { overForm, overHttp, codeOfCall } from "../fixtures/transports.js";
import { whoIsSignedIn } from "../fixtures/who-is-signed-in.js";

afterEach(() => void vi.useRealTimers());

const links = ["single", "batch", "batch-stream"] as const;
type Link = (typeof links)[number];

interface Person {
  readonly email: string;
  readonly userId: string;
}

/** A session that a reply gave to the browser, in the order in which the server created the sessions. */
interface Given {
  readonly userId: string;
  readonly sessionId: string;
  arrivedAt: number | undefined;
}

/** One browser of two users, and the replies that have not arrived yet. */
class SharedBrowser {
  readonly #browser = openBrowser();
  readonly #given: Given[] = [];
  readonly #onTheWay: (() => void)[] = [];
  #arrivals = 0;

  async signIn(person: Person, link: Link, isSlow: boolean): Promise<void> {
    const tab = openSlowTab(this.#browser);
    const answer = await overHttp(tab, link).mutate("auth.login", { email: person.email, password });
    this.#give(tab, person.userId, answer, isSlow);
  }

  async changePassword(isSlow: boolean): Promise<void> {
    const tab = openSlowTab(this.#browser);
    const change = { currentPassword: password, newPassword: password };
    const answer = await overHttp(tab, "batch")
      .mutate("auth.changePassword", change)
      .catch(() => undefined);
    if (answer === undefined) this.#deliver(() => tab.arrive(), isSlow);
    else this.#give(tab, (answer as { user: { id: string } }).user.id, answer, isSlow);
  }

  async call(link: Link, isSlow: boolean): Promise<void> {
    const tab = openSlowTab(this.#browser);
    await codeOfCall(overHttp(tab, link).query("posts.list"));
    this.#deliver(() => tab.arrive(), isSlow);
  }

  async signOut(link: Link | "form", isSlow: boolean): Promise<void> {
    const tab = openSlowTab(this.#browser);
    const transport = link === "form" ? overForm(tab) : overHttp(tab, link);
    await codeOfCall(transport.mutate("auth.logout"));
    this.#deliver(() => tab.arrive(), isSlow);
  }

  arrive(index: number): void {
    const [reply] = this.#onTheWay.splice(index % Math.max(1, this.#onTheWay.length), 1);
    reply?.();
  }

  arriveAll(): void {
    for (const reply of this.#onTheWay.splice(0)) reply();
  }

  /** The browser has the newest session that arrived, until that session ends. */
  async check(): Promise<void> {
    const arrived = this.#given.filter(({ arrivedAt }) => arrivedAt !== undefined);
    const newest = arrived.at(-1);
    const found = await whoIsSignedIn(this.#browser);
    if (newest && (await isAlive(newest))) return expect(found).toBe(newest.userId);
    // A sign-in that was sent before, and answered only now, is the last one that the browser knows.
    const late = arrived.filter(({ arrivedAt = 0 }) => newest && arrivedAt > (newest.arrivedAt ?? 0));
    expect(["nobody", ...late.map(({ userId }) => userId)]).toContain(found);
  }

  #give(tab: SlowTab, userId: string, answer: unknown, isSlow: boolean): void {
    const { session } = answer as { session: { id: string } };
    // A repeated change of password returns the session that the first one created.
    const first = this.#given.find(({ sessionId }) => sessionId === session.id);
    const given: Given = first ?? { userId, sessionId: session.id, arrivedAt: undefined };
    if (!first) this.#given.push(given);
    const arrive = (): void => {
      tab.arrive();
      given.arrivedAt = ++this.#arrivals;
    };
    this.#deliver(arrive, isSlow);
  }

  #deliver(arrive: () => void, isSlow: boolean): void {
    if (isSlow) this.#onTheWay.push(arrive);
    else arrive();
  }
}

async function isAlive({ userId, sessionId }: Given): Promise<boolean> {
  const sessions = await createCaller<AppRouter>(env.BLOG_DO).asUser({ userId }).sessions.list();
  return sessions.some(({ id }) => id === sessionId);
}

/** The next event in the browser; the server answers `slow` steps at once, and their replies arrive later. */
type Step =
  | { readonly do: "signIn"; readonly who: number; readonly over: Link; readonly slow: boolean }
  | { readonly do: "call"; readonly over: Link; readonly slow: boolean; readonly expired: boolean }
  | { readonly do: "signOut"; readonly over: Link | "form"; readonly slow: boolean }
  | { readonly do: "changePassword"; readonly slow: boolean }
  | { readonly do: "arrive"; readonly index: number };

const slow = fc.boolean();
const over = fc.constantFrom(...links);
const signIn = fc.record({ do: fc.constant("signIn" as const), who: fc.nat(1), over, slow });
const call = fc.record({ do: fc.constant("call" as const), over, slow, expired: fc.boolean() });
const signOut = fc.record({
  do: fc.constant("signOut" as const),
  over: fc.constantFrom(...links, "form" as const),
  slow,
});
const changePassword = fc.record({ do: fc.constant("changePassword" as const), slow });
const arrive = fc.record({ do: fc.constant("arrive" as const), index: fc.nat(5) });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: signIn },
  { weight: 4, arbitrary: call },
  { weight: 2, arbitrary: signOut },
  { weight: 1, arbitrary: changePassword },
  { weight: 2, arbitrary: arrive },
);

/** The first change is answered after another user's sign-in, and repeated before. */
const repeatedChange: Step[] = [
  { do: "changePassword", slow: true },
  { do: "signIn", who: 1, over: "single", slow: true },
  { do: "call", over: "single", slow: false, expired: false },
  { do: "changePassword", slow: false },
  { do: "arrive", index: 0 },
];

async function take(next: Step, shared: SharedBrowser, people: readonly Person[]): Promise<void> {
  switch (next.do) {
    case "signIn":
      return shared.signIn(people[next.who]!, next.over, next.slow);
    case "call":
      if (next.expired) vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 16 * 60_000 });
      return shared.call(next.over, next.slow);
    case "signOut":
      return shared.signOut(next.over, next.slow);
    case "changePassword":
      return shared.changePassword(next.slow);
    case "arrive":
      return shared.arrive(next.index);
  }
}

it("never replaces the session that a browser signed in with last by a late reply", { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 14 }), async (steps) => {
      vi.useRealTimers();
      const signedUp = await Promise.all([signUp(), signUp()]);
      const people = signedUp.map(({ email, user }) => ({ email, userId: user.id }));
      const shared = new SharedBrowser();
      await shared.signIn(people[0]!, "batch", false);
      for (const next of steps) await take(next, shared, people);
      shared.arrive(0);
      await shared.check();
      shared.arriveAll();
      await shared.check();
    }),
    { numRuns: 20, examples: [[repeatedChange]] },
  );
});
