import fc from "fast-check";
import { outcomes } from "./controlled-http.js";
import type { Tab } from "./open-tab.js";
import { wait, type SharedBrowser } from "./shared-browser.js";
import { ACCESS_LIFETIME } from "./token-server.js";

export interface Step {
  run(browser: SharedBrowser): unknown;
  /** The number of microtasks that run after the step; `undefined` for all of them and the timers that are due. */
  readonly ticks: number | undefined;
}

type Run = Step["run"];

/** The element at an index, which wraps around. */
function at<TItem>(items: readonly TItem[], index: number): TItem | undefined {
  return items[index % items.length];
}

/** A failing schedule prints these names. */
function named(name: string, run: Run): Run {
  return Object.assign(run, { toString: () => name });
}

const index = fc.nat({ max: 5 });
const tab = fc.nat({ max: 1 });
const user = fc.constantFrom("a", "b");

function inTab(name: string, run: (tab: Tab) => void): fc.Arbitrary<Run> {
  return tab.map((number) =>
    named(`tab ${number}: ${name}`, ({ tabs }) => {
      const found = at(tabs, number);
      if (found) run(found);
    }),
  );
}

const calls = fc.oneof(
  inTab("write", (each) => each.write()),
  inTab("query", (each) => each.call()),
  inTab("read a public query", (each) => each.readPublic()),
);

const signIns = fc.oneof(
  fc
    .tuple(tab, user)
    .map(([number, who]) => named(`tab ${number}: sign in ${who}`, ({ tabs }) => at(tabs, number)?.signIn(who))),
  inTab("sign out", (each) => each.signOut()),
  inTab("change the password", (each) => each.changePassword()),
);

const subscriptions = fc.oneof(
  inTab("subscribe", (each) => each.subscribe()),
  inTab("watch a query", (each) => each.watch()),
);

const replies = fc
  .tuple(index, fc.oneof({ weight: 4, arbitrary: fc.constant("granted" as const) }, fc.constantFrom(...outcomes)))
  .map(([which, how]) => named(`reply ${which}: ${how}`, ({ requests }) => at(requests, which)?.reply(how)));

const runs = index.map((which) => named(`run ${which}`, ({ requests }) => at(requests, which)?.run()));

const sockets = fc
  .tuple(index, fc.constantFrom("open" as const, "emit" as const, "deliver" as const, "lose" as const))
  .map(([which, what]) => named(`socket ${which}: ${what}`, (browser) => at(browser.liveSockets(), which)?.[what]()));

const time = fc.oneof(
  fc.constant(named("access tokens expire", ({ server }) => server.expireAccess())),
  fc.constant(named("refresh is due", () => wait(ACCESS_LIFETIME))),
  fc.constantFrom(1, 300, 6_000).map((ms) => named(`wait ${ms}`, () => wait(ms))),
);

/** Other processes, and other devices. */
const elsewhere = fc.oneof(
  user.map((who) => named(`another process signs in ${who}`, ({ server, store }) => store.replace(server.signIn(who)))),
  fc.constant(
    named("another process signs out", ({ server, store }) => {
      const stored = store.stored();
      if (stored) server.endSession(stored.refreshToken);
      store.replace(undefined);
    }),
  ),
  user.map((who) => named(`the sessions of ${who} are revoked`, ({ server }) => server.endSessions(who))),
);

export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    run: fc.oneof(
      { weight: 5, arbitrary: calls },
      { weight: 3, arbitrary: signIns },
      { weight: 2, arbitrary: subscriptions },
      { weight: 6, arbitrary: replies },
      { weight: 2, arbitrary: runs },
      { weight: 5, arbitrary: sockets },
      { weight: 3, arbitrary: time },
      { weight: 1, arbitrary: elsewhere },
    ),
    ticks: fc.option(fc.nat({ max: 8 }), { nil: undefined }),
  }),
  { minLength: 4, maxLength: 40 },
);

export async function take({ run, ticks }: Step, browser: SharedBrowser): Promise<void> {
  await run(browser);
  if (ticks === undefined) return wait(0);
  for (let tick = 0; tick < ticks; tick++) await Promise.resolve();
  return undefined;
}
