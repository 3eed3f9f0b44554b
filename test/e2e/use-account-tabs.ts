import type { BrowserContext } from "playwright-core";
import { afterEach, expect } from "vitest";
import { AccountTab } from "./account-tab.js";
import type { Credentials } from "./tasks-tab.js";
import { useExample } from "./use-example.js";

const firefox = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0";

/** Starts the example for a test file, and opens tabs in it. An error in any page fails the test. */
export function useAccountTabs() {
  const example = useExample();
  const contexts: BrowserContext[] = [];
  const tabs: AccountTab[] = [];
  let people = 0;

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

  /** A tab in its own browser. */
  async function open(userAgent?: string): Promise<AccountTab> {
    const context = await example.newBrowser({ locale: "en-GB", ...(userAgent !== undefined && { userAgent }) });
    contexts.push(context);
    return openIn(context);
  }

  return {
    open,
    /** Another tab of the same browser. */
    openBeside: (tab: AccountTab) => openIn(tab.page.context()),

    /** A tab in which a new user has signed up. */
    async signUp(email = `account${++people}@example.com`): Promise<{ tab: AccountTab; ada: Credentials }> {
      const ada = { email, password: "correct horse battery" };
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
