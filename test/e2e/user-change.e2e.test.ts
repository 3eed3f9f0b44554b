import type { BrowserContext, Page, Route, WebSocketRoute } from "playwright-core";
import { afterEach, describe, expect, test } from "vitest";
import { TasksTab, type Credentials } from "./tasks-tab.js";
import { useExample } from "./use-example.js";
import { eventually } from "./launch-chromium.js";

const example = useExample();
const contexts: BrowserContext[] = [];
afterEach(() => Promise.all(contexts.splice(0).map((context) => context.close())));

let people = 0;
const someone = (): Credentials => ({
  email: `user-change-${++people}@example.com`,
  password: "correct horse battery",
});

/** Records everything that a page shows, however briefly. */
function recordTexts(): void {
  const texts: string[] = [];
  Object.assign(globalThis, { texts });
  const observer = new MutationObserver(() => texts.push(document.body?.innerText ?? ""));
  observer.observe(document, { childList: true, subtree: true, characterData: true });
}

const textsOf = (page: Page): Promise<string[]> =>
  page.evaluate(() => (globalThis as unknown as { texts: string[] }).texts);

async function openBrowser(): Promise<BrowserContext> {
  const context = await example.newBrowser({ locale: "en-GB" });
  contexts.push(context);
  await context.addInitScript(recordTexts);
  return context;
}

/** Submits a form that needs no JavaScript, like a page without this package's client. */
async function submitForm(page: Page, form: "login" | "logout", fields: Record<string, string>): Promise<void> {
  await Promise.all([
    page.waitForURL((url) => url.searchParams.has("form")),
    page.evaluate(
      ([action, values]) => {
        const element = document.createElement("form");
        element.method = "post";
        element.action = `/trpc/form/${action}`;
        for (const [name, value] of Object.entries({ ...values, next: "/?form=sent" })) {
          const input = document.createElement("input");
          Object.assign(input, { type: "hidden", name, value });
          element.append(input);
        }
        document.body.append(element);
        element.submit();
      },
      [form, fields] as const,
    ),
  ]);
  await page.goto(example.url);
}

/** Ada in two tabs of one browser, the first of them with a live list, and Bob, who has an account. */
async function openTabs() {
  const [ada, bob] = [someone(), someone()];
  const elsewhere = await TasksTab.open(await openBrowser(), example.url);
  await elsewhere.submit("Sign up", bob);
  await elsewhere.page.getByText("Nothing to do.").waitFor();
  const context = await openBrowser();
  const sockets: WebSocketRoute[] = [];
  await context.routeWebSocket(/\/trpc/, (socket) => {
    socket.connectToServer();
    sockets.push(socket);
  });
  const one = await TasksTab.open(context, example.url);
  await one.submit("Sign up", ada);
  await one.live();
  await one.add("Ada's first");
  await one.task("Ada's first").waitFor();
  const two = await TasksTab.open(context, example.url);
  await two.task("Ada's first").waitFor();
  return { ada, bob, one, two, elsewhere, sockets };
}

/** Delays the requests that create a task before they are sent, because the browser adds its cookies only then. */
async function delayWrites(page: Page) {
  const delayed: Route[] = [];
  await page.route(/\/trpc\/tasks\.create/, (route) => void delayed.push(route));
  return {
    delayed,
    async release(): Promise<void> {
      await page.unroute(/\/trpc\/tasks\.create/);
      // A request that the page has aborted meanwhile is not sent any more.
      await Promise.all(delayed.map((route) => route.continue().catch(() => {})));
    },
  };
}

/** From now on the tab gets pages without this package's client, which send nothing to other tabs. */
async function withoutClient(page: Page): Promise<void> {
  const isPage = (url: URL): boolean => url.pathname === "/";
  await page.route(isPage, (route) => route.fulfill({ contentType: "text/html", body: "<p>Done</p>" }));
}

type Tabs = Awaited<ReturnType<typeof openTabs>>;

/** The ways in which Bob signs in in the second tab, where Ada was signed in. */
const signIns: readonly (readonly [string, (tabs: Tabs) => Promise<void>])[] = [
  [
    "by a form, after Ada signed out by one",
    async ({ two, bob }) => {
      await submitForm(two.page, "logout", {});
      await submitForm(two.page, "login", { ...bob });
    },
  ],
  ["by a form", ({ two, bob }) => submitForm(two.page, "login", { ...bob })],
  [
    "by a call, after Ada signed out by one",
    async ({ two, bob }) => {
      await two.signOut();
      await two.submit("Sign in", bob);
    },
  ],
];

describe.each(signIns)("when another user signs in in another tab %s", (_way, signIn) => {
  test("a slow write of the first tab is not stored for the new user, and neither tab mixes the two", async () => {
    const tabs = await openTabs();
    const { ada, bob, one, two, elsewhere } = tabs;
    const writes = await delayWrites(one.page);
    await one.add("Ada's slow one");
    await expect.poll(() => writes.delayed.length, eventually).toBe(1);
    await signIn(tabs);
    await two.page.getByText(bob.email).waitFor();
    await writes.release();

    await two.add("Bob's own");
    await two.task("Bob's own").waitFor();
    // The first tab follows: it now shows Bob, with his list.
    await one.page.getByText(bob.email).waitFor();
    await one.task("Bob's own").waitFor();
    await elsewhere.task("Bob's own").waitFor();
    await expect.poll(() => elsewhere.titles(), eventually).toEqual(["Bob's own"]);
    expect(await two.titles()).toEqual(["Bob's own"]);
    expect(await one.titles()).toEqual(["Bob's own"]);

    const texts = [...(await textsOf(one.page)), ...(await textsOf(two.page))];
    const mixed = texts.filter(
      (text) => (text.includes(bob.email) || text.includes("Bob's")) && text.includes("Ada's"),
    );
    expect(mixed).toEqual([]);
    expect(texts.filter((text) => text.includes(ada.email) && text.includes("Bob's"))).toEqual([]);
    expect([...one.crashes, ...two.crashes]).toEqual([]);
  });
});

test("a write of a page that has not learned of another user's sign-in by form is not stored for that user", async () => {
  const { bob, one, two, elsewhere } = await openTabs();
  await withoutClient(two.page);
  await submitForm(two.page, "login", { ...bob });
  await one.add("Ada's late one");
  await one.page.getByText(bob.email).waitFor();
  await one.page.getByText("Nothing to do.").waitFor();
  expect(await elsewhere.titles()).toEqual([]);
  expect(one.crashes).toEqual([]);
});

test("a socket that was opened for one user does not come back as another", async () => {
  const { bob, one, two, elsewhere, sockets } = await openTabs();
  await withoutClient(two.page);
  await submitForm(two.page, "login", { ...bob });
  await elsewhere.add("Bob's own");
  await elsewhere.task("Bob's own").waitFor();
  expect(await one.titles()).toEqual(["Ada's first"]);
  await Promise.all(sockets.splice(0).map((socket) => socket.close({ code: 4000 })));
  await one.page.getByText(bob.email).waitFor();
  await one.task("Bob's own").waitFor();
  const texts = await textsOf(one.page);
  expect(texts.filter((text) => text.includes("Ada's") && text.includes("Bob's"))).toEqual([]);
  expect(one.crashes).toEqual([]);
});
