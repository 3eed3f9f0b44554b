import { mkdir } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { BrowserContext } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TasksTab, type Credentials } from "./tasks-tab.js";
import { useExample } from "./use-example.js";
import { eventually } from "./launch-chromium.js";

/** A Durable Object whose sockets all hibernate is evicted after ten seconds. */
const IDLE = 13_000;
const screenshot = fileURLToPath(new URL("../../docs/images/example.png", import.meta.url));

const example = useExample({ devServer: true });

/** A browser of a new user, with the size of the README's picture. */
function newPerson(): Promise<BrowserContext> {
  return example.newBrowser({ locale: "en-GB", viewport: { width: 760, height: 700 }, deviceScaleFactor: 2 });
}

let people = 0;
const someone = (): Credentials => ({ email: `ada${++people}@example.com`, password: "correct horse battery" });

test("the first address that the dev server prints serves the page", async () => {
  const response = await fetch(example.url);
  expect(response.status).toBe(200);
  expect(await response.text()).toContain('<div id="root">');
});

describe("two tabs of one user", () => {
  const ada = someone();
  let context: BrowserContext;
  let one: TasksTab;
  let two: TasksTab;

  beforeAll(async () => {
    context = await newPerson();
    one = await TasksTab.open(context, example.url);
  });
  afterAll(() => context?.close());

  test("a sign-up in one tab signs in the next", async () => {
    await one.submit("Sign up", ada);
    await one.page.getByText("Nothing to do.").waitFor();
    two = await TasksTab.open(context, example.url);
    await two.page.getByText(ada.email).waitFor();
    await Promise.all([one.live(), two.live()]);
  });

  test("a task created in one tab shows in the other, without reload", async () => {
    await one.add("Water the plants");
    await two.task("Water the plants").waitFor();
    await two.add("Call the plumber");
    await expect.poll(() => one.titles(), eventually).toEqual(["Call the plumber", "Water the plants"]);
    expect(await two.titles()).toEqual(["Call the plumber", "Water the plants"]);
  });

  test("a tick and a deletion in one tab show in the other", async () => {
    await two.task("Water the plants").check();
    await expect.poll(() => one.task("Water the plants").isChecked(), eventually).toBe(true);
    await one.task("Water the plants").uncheck();
    await expect.poll(() => two.task("Water the plants").isChecked(), eventually).toBe(false);
    await two.delete("Call the plumber");
    await expect.poll(() => one.titles(), eventually).toEqual(["Water the plants"]);
  });

  test("a title that the server rejects is explained beside the field", async () => {
    await one.add("   ");
    await one.page.getByText("Enter what to do.").waitFor();
    expect(await two.titles()).toEqual(["Water the plants"]);
  });

  test("the object hibernates while both tabs are open, and the next change arrives on the same sockets", async () => {
    const [before, ...others] = await Promise.all([one.instance(), two.instance()]);
    expect(others).toEqual([before]);
    const opened = [one.sockets.length, two.sockets.length];
    const loaded = [one.navigations, two.navigations];

    await sleep(IDLE);
    await one.add("Buy bread");
    await two.task("Buy bread").waitFor();

    await expect.poll(() => two.instance(), eventually).not.toBe(before);
    expect([one.sockets.length, two.sockets.length]).toEqual(opened);
    expect([one.sockets.at(-1)?.isClosed(), two.sockets.at(-1)?.isClosed()]).toEqual([false, false]);
    expect([one.navigations, two.navigations]).toEqual(loaded);

    await two.task("Buy bread").check();
    await expect.poll(() => one.task("Buy bread").isChecked(), eventually).toBe(true);
    expect([...one.crashes, ...two.crashes]).toEqual([]);
  });
});

describe("signing in and out", () => {
  test("an error is shown in plain words, and the right password opens the same account again", async () => {
    const context = await newPerson();
    const grace = someone();
    const tab = await TasksTab.open(context, example.url);

    await tab.submit("Sign up", { ...grace, password: "short" });
    await tab.page.getByText("Use at least 8 characters.").waitFor();
    await tab.submit("Sign up", grace);
    await tab.add("Kept");
    await tab.task("Kept").waitFor();
    await tab.signOut();
    expect(await tab.page.getByText("Kept").count()).toBe(0);

    await tab.submit("Sign in", { ...grace, password: "not the password" });
    await tab.page.getByText("The email address or the password is wrong.").waitFor();
    await tab.submit("Sign up", { ...grace, password: "not the password" });
    await tab.page.getByText("This email address already has an account.").waitFor();
    await tab.submit("Sign in", grace);
    await tab.task("Kept").waitFor();

    expect(tab.crashes).toEqual([]);
    await context.close();
  });
});

test("takes the picture of the README", async () => {
  const context = await newPerson();
  const tab = await TasksTab.open(context, example.url);
  await tab.submit("Sign up", { email: "ada@example.com", password: "correct horse battery" });
  for (const title of ["Send the invoice", "Book the train to Lisbon", "Water the plants", "Call grandmother"]) {
    await tab.add(title);
    await tab.task(title).waitFor();
  }
  await tab.task("Send the invoice").check();
  await tab.page.getByText("3 to do · 1 done").waitFor();
  await tab.live();
  await tab.page.getByTestId("instance").waitFor();

  const isUnchanged = process.env["UPDATE_SCREENSHOT"] === undefined && existsSync(screenshot);
  const target = isUnchanged ? path.join(tmpdir(), "trpc-userdo-example.png") : screenshot;
  await mkdir(path.dirname(target), { recursive: true });
  await tab.page.screenshot({ path: target, animations: "disabled", caret: "hide" });
  expect(existsSync(target)).toBe(true);
  await context.close();
});
