import { setTimeout as sleep } from "node:timers/promises";
import type { BrowserContext } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { saveScreenshot } from "./save-screenshot.js";
import { expectWhole, record } from "./recorded-states.js";
import { createSocketFaults } from "./socket-faults.js";
import { TasksTab, type Credentials } from "./tasks-tab.js";
import { useProxiedExample } from "./use-proxied-example.js";
import { eventually } from "./launch-chromium.js";

/** Longer than a mutation waits for the page's own live queries. */
const SLOW = 4_000;
const ada: Credentials = { email: "ada@example.com", password: "correct horse battery" };

const example = useProxiedExample();

describe("a connection that is lost and restored", () => {
  let context: BrowserContext;
  let phone: BrowserContext;
  let one: TasksTab;
  let two: TasksTab;
  let other: TasksTab;

  beforeAll(async () => {
    [context, phone] = [await example.newBrowser(), await example.newBrowser()];
    one = await TasksTab.open(context, example.url);
    await one.submit("Sign up", ada);
    await one.add("Kept");
    await one.task("Kept").waitFor();
    two = await TasksTab.open(context, example.url);
    // Connected to the same server directly, so that the proxy does not affect it.
    other = await TasksTab.open(phone, example.directUrl);
    await other.submit("Sign in", ada);
    await Promise.all([one.live(), two.live(), other.live()]);
  });
  afterAll(async () => {
    await context?.close();
    await phone?.close();
  });

  test.each(["fin", "reset"] as const)("shows what the page missed after being cut by %s", async (how) => {
    const loaded = [one.navigations, two.navigations];
    const states = await Promise.all([one, two].map(({ page }) => record(page, "titles")));
    example.proxy.target = undefined;
    example.proxy.cut(how);
    await Promise.all([one, two].map(({ page }) => page.getByText("Connecting…", { exact: true }).waitFor()));

    const title = `Rejected, ${how}`;
    await one.add(title);
    await one.page.getByText("The server cannot be reached. Is the network up?").waitFor();
    expect(await one.titles()).not.toContain(title);
    expect(await one.titles()).toContain("Kept");
    await saveScreenshot(one.page, `cut-by-${how}`);
    await other.add(`Meanwhile, ${how}`);
    await other.task(`Meanwhile, ${how}`).waitFor();

    example.proxy.target = example.port();
    await Promise.all([one.live(), two.live()]);
    await Promise.all([one, two].map((tab) => tab.task(`Meanwhile, ${how}`).waitFor()));
    await one.add(`Afterwards, ${how}`);
    await Promise.all([two, other].map((tab) => tab.task(`Afterwards, ${how}`).waitFor()));
    expect(await one.titles()).toEqual(await other.titles());
    for (const each of states) expectWhole(await each(), [title]);
    expect([one.navigations, two.navigations]).toEqual(loaded);
    expect([...one.crashes, ...two.crashes]).toEqual([]);
  });
});

describe("a server that responds late", () => {
  const faults = createSocketFaults();
  let context: BrowserContext;
  let one: TasksTab;
  let two: TasksTab;

  beforeAll(async () => {
    context = await example.newBrowser();
    await faults.applyTo(context);
    one = await TasksTab.open(context, example.url);
    await one.submit("Sign up", { ...ada, email: "grace@example.com" });
    await one.page.getByText("Nothing to do.").waitFor();
    // Its socket is not affected.
    const fair = await example.newBrowser();
    two = await TasksTab.open(fair, example.url);
    await two.submit("Sign in", { ...ada, email: "grace@example.com" });
    await Promise.all([one.live(), two.live()]);
  });
  afterAll(async () => {
    await context?.close();
    await two?.page.context().close();
  });

  /** Waits until nothing is pending, and both tabs show the same. */
  const atRest = async (): Promise<void> => {
    await expect.poll(() => one.page.locator(".task input:disabled").count(), eventually).toBe(0);
    await expect.poll(async () => (await one.titles()).join(), eventually).toBe((await two.titles()).join());
  };

  test("shows a row once when its reply is lost, whatever arrives meanwhile", async () => {
    const states = await record(one.page, "titles");
    await one.page.route("**/tasks.create*", async (route) => {
      const response = await route.fetch();
      await sleep(SLOW);
      await route.fulfill({ response });
    });
    await one.add("Slowly answered");
    await two.task("Slowly answered").waitFor();
    await two.add("Of the other tab");
    await sleep(SLOW / 2);
    await saveScreenshot(one.page, "reply-under-way");
    await one.task("Of the other tab").waitFor();
    await one.page.unroute("**/tasks.create*");
    await atRest();
    expectWhole(await states());
  });

  test("removes the row when the mutation fails late, and shows what others wrote meanwhile", async () => {
    const states = await record(one.page, "titles");
    await one.page.route("**/tasks.create*", async (route) => {
      await sleep(SLOW);
      await route.fulfill({ status: 500, body: "no JSON" });
    });
    await one.add("Slowly rejected");
    await two.add("Of another tab");
    await expect.poll(() => one.page.getByLabel("New task").inputValue(), eventually).toBe("Slowly rejected");
    await one.page.unroute("**/tasks.create*");
    await atRest();
    expect(await one.titles()).toEqual(["Of another tab", "Of the other tab", "Slowly answered"]);
    expectWhole(await states(), ["Slowly rejected"]);
    await one.page.getByLabel("New task").fill("");
  });

  test("does not wait long for a slow socket, and shows nothing older afterwards", async () => {
    const states = await record(one.page, "titles");
    faults.delay = SLOW;
    await two.add("Shown late");
    await two.task("Shown late").waitFor();
    await one.add("Asked for");
    await expect.poll(() => one.page.locator(".task input:disabled").count(), eventually).toBe(0);
    await sleep(SLOW);
    faults.delay = 0;
    await atRest();
    expectWhole(await states());
  });

  test("keeps the row without a socket while HTTP works, and when the socket is back", async () => {
    const states = await record(one.page, "titles");
    faults.block();
    await one.page.getByText("Connecting…", { exact: true }).waitFor();
    await one.add("By HTTP alone");
    await two.task("By HTTP alone").waitFor();
    await expect.poll(() => one.page.locator(".task input:disabled").count(), eventually).toBe(0);
    await saveScreenshot(one.page, "socket-away");
    faults.restore();
    await one.live();
    await two.add("Shown again");
    await one.task("Shown again").waitFor();
    await atRest();
    expectWhole(await states());
    expect([...one.crashes, ...two.crashes]).toEqual([]);
  });
});
