import { setTimeout as sleep } from "node:timers/promises";
import type { BrowserContext } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { saveScreenshot } from "./save-screenshot.js";
import { expectWhole, record } from "./recorded-states.js";
import { TasksTab, type Credentials } from "./tasks-tab.js";
import { useExample } from "./use-example.js";
import { eventually } from "./launch-chromium.js";

/** A Durable Object whose sockets all hibernate is evicted after ten seconds. */
const IDLE = 13_000;

const example = useExample();

const password = "correct horse battery";
const ada: Credentials = { email: "ada@example.com", password };
const grace: Credentials = { email: "grace@example.com", password };
const joan: Credentials = { email: "joan@example.com", password };

describe("live tasks", () => {
  let context: BrowserContext;
  let one: TasksTab;
  let two: TasksTab;

  beforeAll(async () => {
    context = await example.newBrowser();
    one = await TasksTab.open(context, example.url);
    await one.submit("Sign up", ada);
    await one.page.getByText("Nothing to do.").waitFor();
    two = await TasksTab.open(context, example.url);
    await Promise.all([one.live(), two.live()]);
  });
  afterAll(() => context?.close());

  test("a row that is added is never missing and never duplicated in the tab that adds it", async () => {
    const states = await record(one.page, "titles");
    const titles = ["Water the plants", "Buy bread", "Call home", "Fix the bike", "Read"];
    for (const title of titles) await one.add(title);
    await two.add("Of the other tab");
    await expect.poll(() => one.titles(), eventually).toHaveLength(6);
    await expect.poll(() => one.page.locator(".task input:disabled").count(), eventually).toBe(0);
    await expect.poll(() => two.titles(), eventually).toEqual(await one.titles());

    expectWhole(await states());
    await saveScreenshot(one.page, "added-in-two-tabs");
  });

  test("a failed mutation removes the row again, and restores the text of the form", async () => {
    const before = await one.titles();
    const states = await record(one.page, "titles");
    await one.page.route("**/tasks.create*", (route) => route.fulfill({ status: 500, body: "no JSON" }));
    await one.add("Refused");
    await expect.poll(() => one.page.getByLabel("New task").inputValue(), eventually).toBe("Refused");
    await one.page.unroute("**/tasks.create*");
    await saveScreenshot(one.page, "refused");
    expect(await states()).toEqual([before.join("|"), ["Refused", ...before].join("|"), before.join("|")]);
    expect(await two.titles()).toEqual(before);
    await one.page.getByLabel("New task").fill("");
  });

  test("a failed deletion restores the task, and shows the error beside it", async () => {
    const before = await one.titles();
    await one.page.route("**/tasks.delete*", (route) => route.abort());
    await one.delete("Buy bread");
    const row = one.page.locator(".task", { hasText: "Buy bread" });
    await row.getByText("The server cannot be reached. Is the network up?").waitFor();
    expect(await one.titles()).toEqual(before);
    await one.page.unroute("**/tasks.delete*");
    await saveScreenshot(one.page, "not-deleted");
  });

  test("a page without a network shows its state, fails mutations at once, and shows afterwards what it missed", async () => {
    const phone = await example.newBrowser();
    const other = await TasksTab.open(phone, example.url);
    await other.submit("Sign in", ada);
    await other.live();
    const loaded = [one.navigations, two.navigations];

    await context.setOffline(true);
    await Promise.all([one, two].map(({ page }) => page.getByText("Offline", { exact: true }).waitFor()));
    await one.add("Not sent");
    // The error beside the field; an earlier error is shown in its own row.
    await one.page
      .locator("#new-task-error", { hasText: "The server cannot be reached. Is the network up?" })
      .waitFor();
    expect(await one.titles()).not.toContain("Not sent");
    expect(await one.titles()).toContain("Buy bread");
    await saveScreenshot(one.page, "offline");
    await other.add("Meanwhile");

    await context.setOffline(false);
    await Promise.all([one.live(), two.live()]);
    await Promise.all([one.task("Meanwhile").waitFor(), two.task("Meanwhile").waitFor()]);
    expect([one.navigations, two.navigations]).toEqual(loaded);
    await one.page.getByLabel("New task").fill("");
    await phone.close();
  });

  test("two users in three tabs see their own changes at once, and none of the other's", async () => {
    const friend = await example.newBrowser();
    const three = await TasksTab.open(friend, example.url);
    await three.submit("Sign up", grace);
    await three.live();
    const texts = await record(three.page, "text");
    await Promise.all([one.add("Of Ada"), three.add("Of Grace")]);
    await Promise.all([two.task("Of Ada").waitFor(), three.task("Of Grace").waitFor()]);
    await two.task("Of Ada").check();
    await three.task("Of Grace").check();
    await expect.poll(() => one.task("Of Ada").isChecked(), eventually).toBe(true);
    expect(await three.titles()).toEqual(["Of Grace"]);
    for (const tab of [one, two]) expect(await tab.titles()).not.toContain("Of Grace");
    expect((await texts()).join()).not.toContain("Of Ada");
    await saveScreenshot(two.page, "ada");
    await saveScreenshot(three.page, "grace");
    await friend.close();
  });

  test("a row is added in both tabs over the same sockets after the object has hibernated", async () => {
    const before = await one.instance();
    const opened = [one.sockets.length, two.sockets.length];
    await sleep(IDLE);
    const states = await Promise.all([record(one.page, "titles"), record(two.page, "titles")]);
    await one.add("After a sleep");
    await Promise.all([one.task("After a sleep").waitFor(), two.task("After a sleep").waitFor()]);
    await expect.poll(() => one.page.locator(".task input:disabled").count(), eventually).toBe(0);
    for (const each of states) expectWhole(await each());
    await expect.poll(() => one.instance(), eventually).not.toBe(before);
    expect([one.sockets.length, two.sockets.length]).toEqual(opened);
    await saveScreenshot(two.page, "after-a-sleep");
  });

  test("signing out in one tab signs out the other two, and closes their sockets", async () => {
    const three = await TasksTab.open(context, example.url);
    await three.live();
    const seenAt = [two, three].map(({ page }) =>
      page
        .getByLabel("Email")
        .waitFor()
        .then(() => Date.now()),
    );
    await one.signOut();
    const signedOutAt = Date.now();
    const after = (await Promise.all(seenAt)).map((at) => Math.max(0, at - signedOutAt));
    console.log(`signed out in one tab: the others show it ${after.join(" and ")} ms after that one does`);
    await saveScreenshot(two.page, "signed-out-elsewhere");
    const open = (): number =>
      [one, two, three].flatMap(({ sockets }) => sockets).filter((socket) => !socket.isClosed()).length;
    await expect.poll(open, eventually).toBe(0);
    const opened = [one, two, three].map(({ sockets }) => sockets.length);
    await one.page.waitForTimeout(2_500);
    expect([one, two, three].map(({ sockets }) => sockets.length)).toEqual(opened);
    await three.page.close();
  });

  test("the other tab shows the user who signs in next, and nothing of the previous user", async () => {
    await one.submit("Sign in", ada);
    await Promise.all([one.task("Buy bread").waitFor(), two.task("Buy bread").waitFor()]);
    const states = await record(two.page, "text");
    await one.signOut();
    await one.submit("Sign up", joan);
    await Promise.all([one, two].map(({ page }) => page.getByText("Nothing to do.").waitFor()));
    await two.add("Of Joan");
    await one.task("Of Joan").waitFor();
    const ofJoan = (await states()).filter((text) => text.includes(joan.email));
    expect(ofJoan.length).toBeGreaterThan(0);
    expect(ofJoan.filter((text) => text.includes("Buy bread"))).toEqual([]);
    expect([...one.crashes, ...two.crashes]).toEqual([]);
  });
});
