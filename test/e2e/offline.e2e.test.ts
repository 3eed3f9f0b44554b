import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { checkPage } from "./check-page.js";
import { eventually, launchWithProfile } from "./launch-chromium.js";
import { saveScreenshot } from "./save-screenshot.js";
import { startBuiltExample, type RunningExample } from "./start-example.js";
import { TasksTab, type Credentials } from "./tasks-tab.js";

const ada: Credentials = { email: "ada@example.com", password: "correct horse battery" };
const bob: Credentials = { email: "bob@example.com", password: "correct horse battery" };

let example: RunningExample;
let profile: string;
let context: BrowserContext;
let tab: TasksTab;
/** The titles of the tasks that the browser sent, in order. */
let sent: string[];

beforeAll(async () => {
  profile = await mkdtemp(path.join(tmpdir(), "trpc-userdo-profile-"));
  example = await startBuiltExample("production");
  await launch();
}, 180_000);

afterEach(() => expect(tab.crashes).toEqual([]));

afterAll(async () => {
  await context?.close();
  await example?.stop();
  await rm(profile, { recursive: true, force: true, maxRetries: 5 });
});

const offlineUrl = (): string => new URL("/offline", example.url).href;

/** Starts the browser, as a person does after a restart of the machine. */
async function launch({ offline = false } = {}): Promise<void> {
  context = await launchWithProfile(profile);
  sent = [];
  context.on("request", (request) => {
    const body = request.url().includes("tasks.create") ? (request.postData() ?? "") : "";
    for (const [, title = ""] of body.matchAll(/"title":"([^"]*)"/g)) sent.push(title);
  });
  await context.setOffline(offline);
  tab = await TasksTab.open(context, offlineUrl());
}

const status = (page: Page): Promise<string | null> => page.getByRole("status").first().textContent();
const stored = (page: Page): Promise<string[]> =>
  page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name ?? ""));

/** How many tasks the browser has stored of the only user, for a start without a network. */
const storedTasks = (page: Page): Promise<number | undefined> =>
  page.evaluate(async () => {
    const [{ name = "" } = {}] = await indexedDB.databases();
    const request = indexedDB.open(name);
    await new Promise((resolve) => (request.onsuccess = resolve));
    const found = request.result.transaction("values").objectStore("values").get("snapshot");
    await new Promise((resolve) => (found.onsuccess = resolve));
    request.result.close();
    return (found.result as { rows: unknown[] } | undefined)?.rows.length;
  });

/** The titles that the server has, read by the page that has no offline copy. */
async function titlesOnServer(): Promise<string[]> {
  const other = await TasksTab.open(context, example.url);
  await other.live();
  const titles = await other.titles();
  await other.page.close();
  return titles;
}

test("a user signs up, and the page is stored for a start without a network", async () => {
  await tab.submit("Sign up", ada);
  await tab.page.getByText("Nothing to do.").waitFor();
  await tab.add("Water the plants");
  await expect.poll(() => status(tab.page), eventually).toBe("All changes saved");
  expect(await titlesOnServer()).toEqual(["Water the plants"]);
  await expect.poll(() => storedTasks(tab.page), eventually).toBe(1);
  await expect
    .poll(() => tab.page.evaluate(async () => (await (await caches.open("page")).keys()).length), eventually)
    .toBeGreaterThan(2);
  await checkPage(tab.page, "offline-saved");
});

test("edits without a network are shown at once, and wait", async () => {
  await context.setOffline(true);
  await tab.add("Buy milk");
  await tab.add("Write to Bob");
  await tab.task("Water the plants").check();
  await tab.task("Buy milk").check();
  await tab.delete("Write to Bob");
  await tab.add("Read the letter");
  expect(await tab.titles()).toEqual(["Read the letter", "Buy milk", "Water the plants"]);
  await expect.poll(() => status(tab.page), eventually).toBe("Offline · 6 changes to send");
  await checkPage(tab.page, "offline-waiting");
  expect(sent).toEqual(["Water the plants"]);
});

test("the browser is closed and starts without a network: the page shows the tasks and the edits", async () => {
  await context.close();
  await launch({ offline: true });
  await expect.poll(() => tab.titles(), eventually).toEqual(["Read the letter", "Buy milk", "Water the plants"]);
  await expect.poll(() => status(tab.page), eventually).toBe("Offline · 6 changes to send");
  expect(await tab.task("Water the plants").isChecked()).toBe(true);
  await saveScreenshot(tab.page, "offline-restarted");
  expect(tab.crashes).toEqual([]);
});

test("the edits of two tabs are sent once, in order, from one of them", async () => {
  const second = await TasksTab.open(context, offlineUrl());
  await expect.poll(() => second.titles(), eventually).toEqual(["Read the letter", "Buy milk", "Water the plants"]);
  await second.add("From the second tab");
  await expect.poll(() => status(tab.page), eventually).toBe("Offline · 7 changes to send");
  await tab.add("From the first tab");
  const all = ["From the first tab", "From the second tab", "Read the letter", "Buy milk", "Water the plants"];
  await expect.poll(() => tab.titles(), eventually).toEqual(all);
  await expect.poll(() => second.titles(), eventually).toEqual(all);
  await saveScreenshot(second.page, "offline-second-tab");
  await context.setOffline(false);
  for (const page of [tab.page, second.page])
    await expect.poll(() => status(page), { timeout: 60_000 }).toBe("All changes saved");
  expect(sent).toEqual(["Buy milk", "Write to Bob", "Read the letter", "From the second tab", "From the first tab"]);
  expect(await tab.titles()).toEqual(all);
  expect(await second.titles()).toEqual(all);
  expect((await titlesOnServer()).toSorted()).toEqual(all.toSorted());
  await second.page.close();
});

test("the other tab takes over when the tab that sends is closed", async () => {
  const second = await TasksTab.open(context, offlineUrl());
  await expect.poll(() => second.titles(), eventually).toHaveLength(5);
  await context.setOffline(true);
  await tab.add("Before the close");
  await second.task("Before the close").waitFor();
  await tab.page.close();
  await second.add("After the close");
  await expect.poll(() => status(second.page), eventually).toBe("Offline · 2 changes to send");
  await context.setOffline(false);
  await expect.poll(() => status(second.page), { timeout: 60_000 }).toBe("All changes saved");
  expect(sent.slice(-2)).toEqual(["Before the close", "After the close"]);
  expect(await titlesOnServer()).toContain("Before the close");
  tab = second;
});

test("a refused edit is rolled back, and stays visible with its reason until it is dismissed", async () => {
  const long = "x".repeat(201);
  await context.setOffline(true);
  await tab.add(long);
  await tab.task(long).waitFor();
  await context.setOffline(false);
  const alert = tab.page.getByRole("alert");
  await alert.getByText("was not saved. Use at most 200 characters.").waitFor();
  await tab.task(long).waitFor({ state: "detached" });
  await checkPage(tab.page, "offline-refused");
  await tab.page.reload();
  await alert.getByText("was not saved.").waitFor();
  await alert.getByRole("button", { name: "Dismiss" }).click();
  await alert.waitFor({ state: "detached" });
  await tab.page.reload();
  await tab.task("Before the close").waitFor();
  expect(await alert.count()).toBe(0);
});

test("signing out deletes what is stored, and another user sees nothing of it", async () => {
  expect(await stored(tab.page)).toHaveLength(1);
  await tab.signOut();
  await expect.poll(() => stored(tab.page), eventually).toEqual([]);
  await tab.submit("Sign up", bob);
  await tab.page.getByText("Nothing to do.").waitFor();
  expect(await tab.titles()).toEqual([]);
  await expect.poll(() => storedTasks(tab.page), eventually).toBe(0);
  await context.close();
  await launch({ offline: true });
  expect(await tab.page.evaluate(() => caches.keys())).toEqual(["page"]);
  await tab.page.getByText("Nothing to do.").waitFor();
  expect(await tab.page.textContent("body")).not.toContain("Water the plants");
  expect(await tab.page.textContent("body")).toContain(bob.email);
  await saveScreenshot(tab.page, "offline-another-user");
});
