import { env, exports } from "cloudflare:workers";
import fc from "fast-check";
import { createCaller } from "trpc-userdo/worker";
import { beforeAll, expect, it } from "vitest";
import type { AppRouter } from "../fixtures/app/router.js";
import { origin, password, signUp } from "../fixtures/browser.js";
import { openCookiePage, type CookiePage, type Person, type Posts } from "./interleavings/cookie-page.js";
import { submitForm, type CookieBrowser, type Send } from "./interleavings/cookie-tab.js";
import { schedules } from "./interleavings/schedules.js";

/** The number of schedules. The Worker is the real one, so each takes longer than one of the tests with a model. */
const numRuns = Math.ceil(schedules / 20);

let people: readonly [Person, Person];

beforeAll(async () => void (people = [await signUpPerson(), await signUpPerson()]));

const send: Send = (url, init) => exports.default.fetch(new Request(url, init));
const openBrowser = (): CookieBrowser => ({ origin, cookies: new Map(), send });

/** Waits for the batch link to collect its calls, and for a reply to pass through the client. */
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2));

/** Replies to everything, until no page sends a request any more. */
async function rest(pages: readonly CookiePage[]): Promise<void> {
  for (let round = 0; round < 200; round++) {
    for (const { pending } of pages) for (const request of pending.slice()) await request.arrive();
    await pause();
    if (pages.every((page) => page.isAtRest())) return;
  }
  throw new Error("A call did not settle.");
}

async function signUpPerson(): Promise<Person> {
  const { email, user } = await signUp();
  return { email, id: user.id };
}

type Step = (pages: readonly CookiePage[], browser: CookieBrowser) => unknown;

/** A failing schedule prints these names. */
const named = (name: string, step: Step): Step => Object.assign(step, { toString: () => name });

const tab = fc.nat({ max: 1 });
const index = fc.nat({ max: 3 });
const user = fc.nat({ max: 1 });

function inTab(name: "write" | "read" | "signOut"): fc.Arbitrary<Step> {
  return tab.map((at) => named(`tab ${at}: ${name}`, (pages) => pages[at]?.[name]()));
}

function onRequest(name: "send" | "arrive" | "lose"): fc.Arbitrary<Step> {
  return fc
    .tuple(tab, index)
    .map(([at, which]) => named(`tab ${at}: ${name} ${which}`, (pages) => pages[at]?.pending[which]?.[name]()));
}

const signIn = fc
  .tuple(tab, user)
  .map(([at, who]) => named(`tab ${at}: signIn ${who}`, (pages) => people[who] && pages[at]?.signIn(people[who])));
const formSignIn = user.map((who) =>
  named(`form: signIn ${who}`, (_pages, browser) =>
    submitForm(browser, "login", { email: people[who]?.email ?? "", password }),
  ),
);
const formSignOut = fc.constant(named("form: signOut", (_pages, browser) => submitForm(browser, "logout", {})));

const steps = fc.array(
  fc.oneof(
    { weight: 2, arbitrary: signIn },
    { weight: 2, arbitrary: formSignIn },
    { weight: 1, arbitrary: formSignOut },
    { weight: 1, arbitrary: inTab("signOut") },
    { weight: 4, arbitrary: inTab("write") },
    { weight: 3, arbitrary: inTab("read") },
    { weight: 3, arbitrary: onRequest("send") },
    { weight: 5, arbitrary: onRequest("arrive") },
    { weight: 1, arbitrary: onRequest("lose") },
  ),
  { minLength: 5, maxLength: 25 },
);

/** The posts that are stored for another user than the one who wrote them. */
async function crossed(posts: Posts): Promise<string[]> {
  const problems: string[] = [];
  for (const { id } of people) {
    const list = await createCaller<AppRouter>(env.BLOG_DO).asUser({ userId: id }).posts.list();
    for (const { title } of list) {
      const period = posts.get(title);
      if (!period) continue;
      period.user ??= id;
      if (period.user !== id) problems.push(`${title} of ${period.user} is stored for ${id}`);
    }
  }
  return problems;
}

/** A reply to the user of a form's sign-in arrives after another reply has ended the session of the page. */
const lateReplyToAnother: Step[] = [
  named("tab 1: read", (pages) => pages[1]?.read()),
  named("tab 1: read", (pages) => pages[1]?.read()),
  named("form: signIn 1", (_pages, browser) => submitForm(browser, "login", { email: people[1].email, password })),
  named("tab 1: send 1", (pages) => pages[1]?.pending[1]?.send()),
  named("form: signOut", (_pages, browser) => submitForm(browser, "logout", {})),
];

it(
  "never runs a page's call as another user, with cookies and two tabs",
  { timeout: 60_000 + numRuns * 2_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (schedule) => {
        const browser = openBrowser();
        const posts: Posts = new Map();
        const name = crypto.randomUUID();
        const pages = [openCookiePage(browser, posts, name), openCookiePage(browser, posts, name)];
        await submitForm(browser, "login", { email: people[0].email, password });
        for (const page of pages) page.read();
        await rest(pages);
        for (const step of schedule) {
          await step(pages, browser);
          await pause();
        }
        await rest(pages);
        expect(pages.flatMap(({ problems }) => problems)).toEqual([]);
        expect(await crossed(posts)).toEqual([]);
      }),
      { numRuns, examples: [[lateReplyToAnother]] },
    );
  },
);
