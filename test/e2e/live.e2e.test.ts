import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchChromium } from "./launch-chromium.js";
import { startExample, type RunningExample } from "./start-example.js";
import { TasksTab, type Credentials } from "./tasks-tab.js";

const eventually = { timeout: 30_000 };

let example: RunningExample;
let browser: Browser;

beforeAll(async () => {
  [example, browser] = await Promise.all([startExample(), launchChromium()]);
}, 180_000);

afterAll(async () => {
  await browser?.close();
  await example?.stop();
});

const password = "correct horse battery";
const ada: Credentials = { email: "ada@example.com", password };
const grace: Credentials = { email: "grace@example.com", password };

interface Recorded {
  /** All that the page showed, in order, as often as it changed. */
  states: string[];
}

/** Notes each state of the page's tasks, or of its whole text. */
async function record(page: Page, what: "titles" | "text"): Promise<() => Promise<string[]>> {
  await page.evaluate((kind) => {
    const recorded: Recorded = { states: [] };
    Object.assign(globalThis, { recorded });
    const note = (): void => {
      const titles = [...document.querySelectorAll(".task-title")].map(({ textContent }) => textContent);
      const state = kind === "titles" ? titles.join("|") : (document.body.textContent ?? "");
      if (recorded.states.at(-1) !== state) recorded.states.push(state);
    };
    new MutationObserver(note).observe(document.body, { childList: true, characterData: true, subtree: true });
    note();
  }, what);
  return () => page.evaluate(() => (globalThis as unknown as { recorded: Recorded }).recorded.states);
}

describe("live tasks", () => {
  let context: BrowserContext;
  let one: TasksTab;
  let two: TasksTab;

  beforeAll(async () => {
    context = await browser.newContext();
    one = await TasksTab.open(context, example.url);
    await one.submit("Sign up", ada);
    await one.page.getByText("Nothing to do.").waitFor();
    two = await TasksTab.open(context, example.url);
    await Promise.all([one.live(), two.live()]);
  }, 120_000);
  afterAll(() => context?.close());

  test("P4 C1 whatever is added, a row is never missing and never doubled, in the tab that adds it", async () => {
    const states = await record(one.page, "titles");
    const titles = ["Water the plants", "Buy bread", "Call home", "Fix the bike", "Read"];
    for (const title of titles) await one.add(title);
    await two.add("Of the other tab");
    await expect.poll(() => one.titles(), eventually).toHaveLength(6);
    await expect.poll(() => one.page.locator(".task input:disabled").count(), eventually).toBe(0);
    await expect.poll(() => two.titles(), eventually).toEqual(await one.titles());

    const seen = (await states()).map((state) => state.split("|").filter(Boolean));
    for (const [index, rows] of seen.entries()) {
      expect(new Set(rows).size, `doubled: ${rows.join()}`).toBe(rows.length);
      expect(rows, "missing").toEqual(expect.arrayContaining(seen[index - 1] ?? []));
    }
  });

  test("C1 a server that fails takes the row away again, and the words come back", async () => {
    const before = await one.titles();
    const states = await record(one.page, "titles");
    await one.page.route("**/tasks.create*", (route) => route.fulfill({ status: 500, body: "no JSON" }));
    await one.add("Refused");
    await expect.poll(() => one.page.getByLabel("New task").inputValue(), eventually).toBe("Refused");
    await one.page.unroute("**/tasks.create*");
    expect(await states()).toEqual([before.join("|"), ["Refused", ...before].join("|"), before.join("|")]);
    expect(await two.titles()).toEqual(before);
    await one.page.getByLabel("New task").fill("");
  });

  test("E4 C1 without a network it says so, fails at once, and shows afterwards what it missed", async () => {
    const phone = await browser.newContext();
    const other = await TasksTab.open(phone, example.url);
    await other.submit("Sign in", ada);
    await other.live();
    const loaded = [one.navigations, two.navigations];

    await context.setOffline(true);
    await Promise.all([one, two].map(({ page }) => page.getByText("Offline", { exact: true }).waitFor()));
    await one.add("Not sent");
    await one.page.getByText("The server cannot be reached. Is the network up?").waitFor();
    expect(await one.titles()).not.toContain("Not sent");
    expect(await one.titles()).toContain("Buy bread");
    await other.add("Meanwhile");

    await context.setOffline(false);
    await Promise.all([one.live(), two.live()]);
    await Promise.all([one.task("Meanwhile").waitFor(), two.task("Meanwhile").waitFor()]);
    expect([one.navigations, two.navigations]).toEqual(loaded);
    await one.page.getByLabel("New task").fill("");
    await phone.close();
  });

  test("C1 A4 E6 signing out in one tab signs out the other two, and closes their sockets", async () => {
    const three = await TasksTab.open(context, example.url);
    await three.live();
    await one.signOut();
    await Promise.all([two, three].map(({ page }) => page.getByLabel("E-mail").waitFor()));
    const open = (): number =>
      [one, two, three].flatMap(({ sockets }) => sockets).filter((socket) => !socket.isClosed()).length;
    await expect.poll(open, eventually).toBe(0);
    const opened = [one, two, three].map(({ sockets }) => sockets.length);
    await one.page.waitForTimeout(2_500);
    expect([one, two, three].map(({ sockets }) => sockets.length)).toEqual(opened);
    await three.page.close();
  });

  test("C1 whoever signs in next is shown in the other tab, too, and nothing of the user before", async () => {
    await one.submit("Sign in", ada);
    await Promise.all([one.task("Buy bread").waitFor(), two.task("Buy bread").waitFor()]);
    const states = await record(two.page, "text");
    await one.signOut();
    await one.submit("Sign up", grace);
    await Promise.all([one, two].map(({ page }) => page.getByText("Nothing to do.").waitFor()));
    await two.add("Of Grace");
    await one.task("Of Grace").waitFor();
    const ofGrace = (await states()).filter((text) => text.includes(grace.email));
    expect(ofGrace.length).toBeGreaterThan(0);
    expect(ofGrace.filter((text) => text.includes("Buy bread"))).toEqual([]);
    expect([...one.crashes, ...two.crashes]).toEqual([]);
  });
});
