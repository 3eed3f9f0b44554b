import { readFile } from "node:fs/promises";
import type { Browser, BrowserContext } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { AccountTab } from "./account-tab.js";
import { launchChromium } from "./launch-chromium.js";
import { startExample, type RunningExample } from "./start-example.js";
import type { Credentials } from "./tasks-tab.js";

const another = "another horse battery";
const firefox = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0";
const eventually = { timeout: 30_000 };

let example: RunningExample;
let browser: Browser;
const contexts: BrowserContext[] = [];
const tabs: AccountTab[] = [];

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

/** A tab in a browser of its own. */
async function open(path = "", userAgent?: string): Promise<AccountTab> {
  const context = await browser.newContext({ locale: "en-GB", ...(userAgent !== undefined && { userAgent }) });
  contexts.push(context);
  const tab = await AccountTab.open(context, example.url, path);
  tabs.push(tab);
  return tab;
}

let people = 0;

/** A tab in which somebody new is signed up. */
async function signUp(): Promise<{ tab: AccountTab; ada: Credentials }> {
  const ada = { email: `account${++people}@example.com`, password: "correct horse battery" };
  const tab = await open();
  await tab.enter("Sign up", ada);
  await tab.tasks();
  return { tab, ada };
}

async function signIn(credentials: Credentials, userAgent = firefox): Promise<AccountTab> {
  const tab = await open("", userAgent);
  await tab.enter("Sign in", credentials);
  return tab;
}

describe("the address", () => {
  test("G1 A1 M1 a new user confirms theirs by the mail in the inbox, once", async () => {
    const { tab, ada } = await signUp();
    await tab.account("Profile");
    await tab.says("Not confirmed");
    await tab.follow("Open the development inbox");
    await tab.mail("Confirm your e-mail address", ada.email).getByRole("link", { name: "Open the link" }).click();
    await tab.page.getByRole("button", { name: "Confirm the address" }).waitFor();
    // The token is in no address bar, and so in no history.
    expect(new URL(tab.page.url()).hash).toBe("");
    await tab.press("Confirm the address");
    await tab.says("Your address is confirmed.");
    await tab.follow("Go to your tasks");
    await tab.account("Profile");
    await tab.panel("E-mail address").getByText("Confirmed", { exact: true }).waitFor();

    await tab.openMail("Confirm your e-mail address", ada.email);
    await tab.press("Confirm the address");
    await tab.page.getByRole("alert").waitFor();
  });

  test("G1 A11 another takes its place once its mail is opened; tasks and sessions stay, the old one is told", async () => {
    const { tab, ada } = await signUp();
    const { ada: bob } = await signUp();
    const target = `new-${ada.email}`;
    await tab.field("New task").fill("Kept");
    await tab.press("Add");
    await tab.account("Profile");

    const change = async (email: string, password: string) => {
      await tab.field("New address").fill(email);
      await tab.field("Your password").fill(password);
      await tab.press("Change address");
    };
    await change("nobody", ada.password);
    await tab.says("This is no e-mail address");
    expect(await tab.besideField("New address")).toBe("This is no e-mail address that mail can be sent to.");
    expect(await tab.field("New address").evaluate((field) => field === document.activeElement)).toBe(true);
    await change(target, "not the password");
    await tab.says("The password is wrong.");
    expect(await tab.besideField("Your password")).toBe("The password is wrong.");
    await change(bob.email, ada.password);
    await tab.says("This address belongs to an account already.");
    await change(target, ada.password);
    await tab.says(`A link is on its way to ${target}.`);

    await tab.openMail("Confirm your new e-mail address", target);
    await tab.press("Confirm the address");
    await tab.says("Your account has its new address.");
    await tab.follow("Go to your tasks");
    await tab.page.getByText(target).waitFor();
    await tab.page.getByRole("checkbox", { name: "Kept" }).waitFor();
    await tab.goto("/inbox");
    await tab.mail("Your e-mail address was changed", ada.email).waitFor();

    const elsewhere = await signIn(ada);
    await elsewhere.says("The e-mail address or the password is wrong.");
    await elsewhere.field("E-mail").fill(target);
    await elsewhere.page.locator("form").getByRole("button", { name: "Sign in" }).click();
    await elsewhere.page.getByRole("checkbox", { name: "Kept" }).waitFor();
  });
});

describe("the password", () => {
  test("G1 A9 whoever forgot it chooses a new one by the mail in the inbox: every device is out, at once", async () => {
    const { tab, ada } = await signUp();
    const elsewhere = await open();
    await elsewhere.follow("Forgot your password?");
    // The answer does not tell who has an account.
    for (const email of ["nobody@example.com", ada.email]) {
      await elsewhere.field("E-mail").fill(email);
      await elsewhere.press("Mail me a link");
      await elsewhere.says(`If ${email} has an account, a link is on its way there.`);
    }
    await elsewhere.openMail("Choose a new password", ada.email);
    await elsewhere.field("New password").fill("password");
    await elsewhere.press("Change password");
    await elsewhere.says("This password is one of the most common ones.");
    expect(await elsewhere.besideField("New password")).toContain("most common");
    await elsewhere.field("New password").fill(another);
    await elsewhere.press("Change password");
    await elsewhere.says("All devices were signed out.");
    await tab.signedOut();

    await elsewhere.follow("Sign in");
    await elsewhere.enter("Sign in", { ...ada, password: another });
    await elsewhere.tasks();
    await elsewhere.openMail("Choose a new password", ada.email);
    await elsewhere.field("New password").fill("a third horse battery");
    await elsewhere.press("Change password");
    await elsewhere.page.getByRole("alert").waitFor();
  });

  test("G1 A8 whoever knows it changes it: this device stays in, with all its tabs, and the other is out", async () => {
    const { tab, ada } = await signUp();
    const second = await AccountTab.open(tab.page.context(), example.url);
    tabs.push(second);
    await second.tasks();
    const elsewhere = await signIn(ada);
    await elsewhere.tasks();
    await tab.account("Security");

    const change = async (current: string, next: string) => {
      await tab.field("Current password").fill(current);
      await tab.field("New password").fill(next);
      await tab.press("Change password");
    };
    await change("not the password", another);
    await tab.says("The password is wrong.");
    expect(await tab.besideField("Current password")).toBe("The password is wrong.");
    await change(ada.password, "short");
    await tab.says("A password has at least 8 characters.");
    expect(await tab.besideField("New password")).toBe("A password has at least 8 characters.");
    await change(ada.password, another);
    await tab.says("Your password was changed, and all your other devices are signed out.");

    await elsewhere.signedOut();
    await second.field("New task").fill("Still here");
    await second.press("Add");
    await second.page.getByRole("checkbox", { name: "Still here" }).waitFor();
    await tab.says("Changed the password");
    await tab.goto("/");
    await tab.page.getByRole("checkbox", { name: "Still here" }).waitFor();
    await elsewhere.enter("Sign in", ada);
    await elsewhere.says("The e-mail address or the password is wrong.");
  });
});

describe("the devices", () => {
  test("G1 A7 they are listed and named; one that is signed out is out at once, and the rest follow", async () => {
    const { tab, ada } = await signUp();
    const elsewhere = await signIn(ada);
    await elsewhere.tasks();
    await tab.account("Security");
    const devices = tab.page.getByRole("list", { name: "Devices" });
    await devices.getByText("Firefox on Windows").waitFor();
    await devices.getByText("This device").waitFor();

    await tab.press("Rename Firefox on Windows");
    await tab.field("Name of the device").fill("  ");
    await tab.press("Save");
    await tab.says("A session's name has at least 1 character.");
    await tab.field("Name of the device").fill("The old laptop");
    await tab.press("Save");
    const rename = tab.page.getByRole("button", { name: "Rename The old laptop" });
    await rename.waitFor();
    expect(await rename.evaluate((button) => button === document.activeElement)).toBe(true);

    await tab.press("Sign out The old laptop");
    await elsewhere.signedOut();
    await expect.poll(() => devices.getByRole("listitem").count(), eventually).toBe(1);

    const others = [await signIn(ada), await signIn(ada)];
    await Promise.all(others.map((other) => other.tasks()));
    await tab.page.reload();
    await expect.poll(() => devices.getByRole("listitem").count(), eventually).toBe(3);
    await tab.press("Sign out all other devices");
    await tab.says("2 devices were signed out.");
    await Promise.all(others.map((other) => other.signedOut()));
  });

  test("G1 A4 signing out leaves the others in; signing out everywhere leaves none", async () => {
    const { tab, ada } = await signUp();
    const [first, second] = [await signIn(ada), await signIn(ada)];
    await Promise.all([first.tasks(), second.tasks()]);
    await first.press("Sign out");
    await first.signedOut();
    await second.field("New task").fill("Still here");
    await second.press("Add");
    await tab.page.getByRole("checkbox", { name: "Still here" }).waitFor();

    await tab.account("Security");
    await tab.press("Sign out everywhere");
    await Promise.all([tab.signedOut(), second.signedOut()]);
    await tab.page.reload();
    await tab.signedOut();
  });
});

describe("the account as a whole", () => {
  test("G1 S5 a name is kept, corrected and cleared", async () => {
    const { tab } = await signUp();
    await tab.account("Profile");
    const name = tab.panel("Name").getByLabel("Name", { exact: true });
    for (const [typed, kept] of [
      ["Ada Lovelace", "Ada Lovelace"],
      ["", ""],
    ] as const) {
      await name.fill(typed);
      await tab.press("Save");
      await tab.says("Saved.");
      await tab.page.reload();
      expect(await name.inputValue()).toBe(kept);
    }
    await name.fill("a".repeat(61));
    await tab.press("Save");
    await tab.says("Keep it below 60 characters.");
    expect(await tab.besideField("Name")).toBe("Keep it below 60 characters.");
  });

  test("G1 A12 what it holds can be downloaded, a record on each line, and no secret", async () => {
    const { tab, ada } = await signUp();
    await tab.field("New task").fill("Water the plants");
    await tab.press("Add");
    await tab.page.getByRole("checkbox", { name: "Water the plants" }).waitFor();
    await tab.account("Your data");
    const downloading = tab.page.waitForEvent("download");
    await tab.press("Download my data");
    const download = await downloading;
    expect(download.suggestedFilename()).toBe("tasks-export.ndjson");
    const text = await readFile(await download.path(), "utf8");
    const records = text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { type: string; table?: string; data: Record<string, unknown> });
    expect(records[0]).toMatchObject({ type: "account", data: { email: ada.email } });
    expect(records.find(({ table }) => table === "tasks")?.data).toMatchObject({ title: "Water the plants" });
    expect(new Set(records.map(({ type }) => type))).toEqual(new Set(["account", "session", "row", "audit"]));
    expect(text).not.toMatch(/scrypt|hash|digest/i);
    await tab.says(`Downloaded ${records.length} records.`);
  });

  test("G1 A12 it is deleted with its password: every device is out, and the address starts from nothing", async () => {
    const { tab, ada } = await signUp();
    await tab.field("New task").fill("Gone");
    await tab.press("Add");
    const elsewhere = await signIn(ada);
    await elsewhere.tasks();
    await tab.account("Your data");
    await tab.field("Your password").fill("not the password");
    await tab.press("Delete my account");
    await tab.says("The password is wrong.");
    await tab.field("Your password").fill(ada.password);
    await tab.press("Delete my account");
    await tab.page.getByRole("heading", { name: "Your account is gone" }).waitFor();
    await elsewhere.signedOut();

    await elsewhere.enter("Sign in", ada);
    await elsewhere.says("The e-mail address or the password is wrong.");
    await tab.follow("Back to the start");
    await tab.enter("Sign up", ada);
    await tab.says("Nothing to do.");
    await tab.goto("/inbox");
    await tab.mail("Your account was deleted", ada.email).waitFor();
  });
});
