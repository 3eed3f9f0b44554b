import type { BrowserContext } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createSocketFaults } from "./socket-faults.js";
import { TasksTab, type Credentials } from "./tasks-tab.js";
import { useProxiedExample } from "./use-proxied-example.js";

/** In milliseconds. Otherwise only the ping, sent every half minute, would detect a dead socket. */
const GENEROUS = 15_000;

// The page of the development server has a second socket, which dies too.
const example = useProxiedExample({ devServer: true });

describe("a dead socket that was never closed", () => {
  const ada: Credentials = { email: "ada@example.com", password: "correct horse battery" };
  let context: BrowserContext;
  let one: TasksTab;
  let other: TasksTab;

  beforeAll(async () => {
    context = await example.newBrowser();
    one = await TasksTab.open(context, example.url);
    await one.submit("Sign up", ada);
    // Connected to the same server directly.
    other = await TasksTab.open(await example.newBrowser(), example.directUrl);
    await other.submit("Sign in", ada);
    await Promise.all([one.live(), other.live()]);
  });

  afterAll(async () => {
    await context?.close();
    await other?.page.context().close();
  });

  const happenings: Record<string, () => Promise<void>> = {
    "the network comes back": async () => {
      await context.setOffline(true);
      await one.page.getByText("Offline", { exact: true }).waitFor();
      await context.setOffline(false);
    },
    "the page becomes visible": () =>
      one.page.evaluate(() => void document.dispatchEvent(new Event("visibilitychange"))),
    "the page comes from the back/forward cache": () =>
      one.page.evaluate(() => void window.dispatchEvent(new Event("pageshow"))),
  };

  test.each(Object.keys(happenings))(
    "is detected when %s, and the page shows the changes that it missed",
    async (name) => {
      example.proxy.silence();
      const title = `Meanwhile: ${name}`;
      await other.add(title);
      await other.task(title).waitFor();
      expect(await one.titles()).not.toContain(title);
      await one.page.evaluate(() => {
        const label = document.querySelector("[data-live]");
        const texts: string[] = [];
        new MutationObserver(() => texts.push(label?.textContent ?? "")).observe(label as Node, {
          subtree: true,
          childList: true,
          characterData: true,
        });
        Object.assign(window, { liveTexts: texts });
      });
      await happenings[name]?.();
      const startedAt = Date.now();
      await one.task(title).waitFor({ timeout: GENEROUS });
      console.log(`${name}: new data after ${Date.now() - startedAt} ms`);
      await one.live();
      // It does not show "live" before the server has replied.
      const texts = await one.page.evaluate(() => (window as unknown as { liveTexts: string[] }).liveTexts);
      expect(texts.slice(texts.lastIndexOf("Offline") + 1)).toEqual(["Connecting…", "Live"]);
      expect(one.crashes).toEqual([]);
    },
  );

  test("stays open when the page becomes visible and the server answers", async () => {
    const before = one.sockets.length;
    await happenings["the page becomes visible"]?.();
    await one.add("Afterwards");
    await other.task("Afterwards").waitFor();
    await one.live();
    expect(one.sockets).toHaveLength(before);
  });
});

describe("a network that blocks sockets", () => {
  const grace: Credentials = { email: "grace@example.com", password: "correct horse battery" };
  const faults = createSocketFaults();
  let context: BrowserContext;
  let one: TasksTab;
  let other: TasksTab;

  beforeAll(async () => {
    context = await example.newBrowser();
    await faults.applyTo(context);
    faults.block();
    one = await TasksTab.open(context, example.url);
    await one.submit("Sign up", grace);
    other = await TasksTab.open(await example.newBrowser(), example.directUrl);
    await other.submit("Sign in", grace);
    await other.live();
  });

  afterAll(async () => {
    await context?.close();
    await other?.page.context().close();
  });

  test("shows own writes and others', and returns to the socket when it works", async () => {
    await one.page.getByText("Updated every few seconds").waitFor();
    await one.add("Own");
    await one.task("Own").waitFor({ timeout: 3_000 });
    await other.task("Own").waitFor();
    await other.add("Theirs");
    await one.task("Theirs").waitFor({ timeout: GENEROUS });
    faults.restore();
    await one.live();
    await other.add("Delivered");
    await one.task("Delivered").waitFor();
    expect(await one.titles()).toEqual(await other.titles());
    expect([...one.crashes, ...other.crashes]).toEqual([]);
  });
});
