import type { BrowserContext, Page } from "playwright-core";
import { afterEach, describe, expect, test } from "vitest";
import { TasksTab, type Credentials } from "./tasks-tab.js";
import { useExample } from "./use-example.js";
import { eventually } from "./launch-chromium.js";

const example = useExample({ backForwardCache: true });
const contexts: BrowserContext[] = [];
afterEach(() => Promise.all(contexts.splice(0).map((context) => context.close())));

let people = 0;

/** A browser with a signed-in user who has one task. */
async function openBrowser() {
  const context = await example.newBrowser({ locale: "en-GB" });
  contexts.push(context);
  const ada: Credentials = { email: `session-return-${++people}@example.com`, password: "correct horse battery" };
  const tab = await TasksTab.open(context, example.url);
  await tab.submit("Sign up", ada);
  await tab.live();
  await tab.add("Ada's own");
  await tab.task("Ada's own").waitFor();
  return { context, ada, tab };
}

/** Submits the form that needs no JavaScript, to a page without this package's client. */
async function signOutByForm(page: Page): Promise<void> {
  await Promise.all([
    page.waitForURL((url) => url.pathname === "/icon.svg"),
    page.evaluate(() => {
      const form = document.createElement("form");
      form.method = "post";
      form.action = "/trpc/form/logout";
      const next = Object.assign(document.createElement("input"), { name: "next", value: "/icon.svg" });
      form.append(next);
      document.body.append(form);
      form.submit();
    }),
  ]);
}

/** Records everything that a page shows, from its return. */
const recordTexts = (page: Page): Promise<void> =>
  page.evaluate(() => {
    const texts: string[] = [];
    Object.assign(globalThis, { texts, cameBack: "not" });
    window.addEventListener("pageshow", ({ persisted }) => {
      Object.assign(globalThis, { cameBack: persisted ? "from the cache" : "anew" });
      const observer = new MutationObserver(() => texts.push(document.body.innerText));
      observer.observe(document, { childList: true, subtree: true, characterData: true });
    });
  });

describe("after signing out by the form", () => {
  test("the back button shows nothing of the user", async () => {
    const { tab } = await openBrowser();
    await recordTexts(tab.page);
    await signOutByForm(tab.page);
    await tab.page.goBack({ waitUntil: "commit" });
    await tab.page.getByRole("heading", { name: "Sign in", exact: true }).waitFor();
    expect(await tab.task("Ada's own").count()).toBe(0);
    expect(await tab.page.evaluate(() => (globalThis as { cameBack?: string }).cameBack)).toBe("from the cache");
    const texts = await tab.page.evaluate(() => (globalThis as { texts?: string[] }).texts ?? []);
    expect(texts.filter((text) => text.includes("Ada's own"))).toEqual([]);
  });

  test("another tab that becomes visible shows nothing of the user", async () => {
    const { context, tab } = await openBrowser();
    // Runs without sockets, which would detect that the session has ended.
    const other = await TasksTab.open(context, example.url);
    await other.task("Ada's own").waitFor();
    await context.routeWebSocket("**", () => {});
    await signOutByForm(tab.page);
    await other.page.bringToFront();
    await other.page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
    await other.page.getByRole("heading", { name: "Sign in", exact: true }).waitFor();
    expect(await other.task("Ada's own").count()).toBe(0);
  });
});

test("the back button of a user who is still signed in shows the tasks, live", async () => {
  const { tab } = await openBrowser();
  await tab.page.goto(new URL("/icon.svg", example.url).href);
  await tab.page.goBack({ waitUntil: "commit" });
  await tab.task("Ada's own").waitFor();
  await tab.live();
  await tab.add("After the return");
  await tab.task("After the return").waitFor();
});

test("a page that is reloaded offline recovers when the network returns", async () => {
  const { context, tab } = await openBrowser();
  // The page itself comes from a cache, like that of a service worker; the server is unreachable.
  await context.route("**/trpc/**", (route) => route.abort("internetdisconnected"));
  await tab.page.reload();
  await tab.page.getByRole("alert").waitFor();
  await context.unroute("**/trpc/**");
  await tab.task("Ada's own").waitFor(eventually);
  await tab.live();
});

test("a page whose device goes offline and online keeps its user and its tasks", async () => {
  const { context, tab } = await openBrowser();
  await context.setOffline(true);
  await tab.page.getByText("Offline", { exact: true }).waitFor();
  expect(await tab.titles()).toEqual(["Ada's own"]);
  await context.setOffline(false);
  await tab.live();
  await tab.add("Online again");
  await tab.task("Online again").waitFor();
});
