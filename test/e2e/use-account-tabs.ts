import type { Browser, BrowserContext } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { AccountTab } from "./account-tab.js";
import { launchChromium } from "./launch-chromium.js";
import { startExample, type RunningExample } from "./start-example.js";
import type { Credentials } from "./tasks-tab.js";

const firefox = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0";

/** The example, started for a file of tests, and the tabs that are opened in it. No page may fail unnoticed. */
export function useAccountTabs() {
  let example: RunningExample;
  let browser: Browser;
  const contexts: BrowserContext[] = [];
  const tabs: AccountTab[] = [];
  let people = 0;

  beforeAll(async () => {
    [example, browser] = await Promise.all([startExample(), launchChromium()]);
  }, 180_000);

  afterAll(async () => {
    await browser?.close();
    await example?.stop();
  });

  afterEach(async () => {
    const crashes = tabs.splice(0).flatMap((tab) => tab.crashes);
    await Promise.all(contexts.splice(0).map((context) => context.close()));
    expect(crashes).toEqual([]);
  });

  async function openIn(context: BrowserContext): Promise<AccountTab> {
    const tab = await AccountTab.open(context, example.url);
    tabs.push(tab);
    return tab;
  }

  /** A tab in a browser of its own. */
  async function open(userAgent?: string): Promise<AccountTab> {
    const context = await browser.newContext({ locale: "en-GB", ...(userAgent !== undefined && { userAgent }) });
    contexts.push(context);
    return openIn(context);
  }

  return {
    open,
    /** Another tab of the same browser. */
    openBeside: (tab: AccountTab) => openIn(tab.page.context()),

    /** A tab in which somebody new is signed up. */
    async signUp(): Promise<{ tab: AccountTab; ada: Credentials }> {
      const ada = { email: `account${++people}@example.com`, password: "correct horse battery" };
      const tab = await open();
      await tab.enter("Sign up", ada);
      await tab.tasks();
      return { tab, ada };
    },

    async signIn(credentials: Credentials): Promise<AccountTab> {
      const tab = await open(firefox);
      await tab.enter("Sign in", credentials);
      return tab;
    },
  };
}
