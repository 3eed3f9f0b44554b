import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { useAccountTabs } from "./use-account-tabs.js";

const { signIn, signUp } = useAccountTabs();

describe("the email address", () => {
  test("is confirmed by the link of the mail, which shows the same when it is opened again", async () => {
    const { tab, ada } = await signUp();
    await tab.account("Profile");
    await tab.says("Not confirmed");
    await tab.follow("Open the development inbox");
    await tab.mail("Confirm your email address", ada.email).getByRole("link", { name: "Open the link" }).click();
    await tab.page.getByRole("button", { name: "Confirm the address" }).waitFor();
    // The token is not in the address bar, and therefore not in the history.
    expect(new URL(tab.page.url()).hash).toBe("");
    await tab.press("Confirm the address");
    await tab.says("Your address is confirmed.");
    await tab.follow("Go to your tasks");
    await tab.account("Profile");
    await tab.panel("Email address").getByText("Confirmed", { exact: true }).waitFor();

    await tab.openMail("Confirm your email address", ada.email);
    await tab.press("Confirm the address");
    await tab.says("Your address is confirmed.");
  });

  test("is confirmed after a sign-in when the link is opened in a browser without the account", async () => {
    const { ada } = await signUp();
    const { tab: elsewhere } = await signUp();
    await elsewhere.openMail("Confirm your email address", ada.email);
    await elsewhere.press("Confirm the address");
    await elsewhere.says("Sign in to the account that requested this email.");
    await elsewhere.field("Email").fill(ada.email);
    await elsewhere.field("Password").fill(ada.password);
    await elsewhere.press("Sign in and confirm");
    await elsewhere.says("Your address is confirmed.");
  });

  test("can be freed by its owner, who rejects an account that somebody else created with it", async () => {
    const { ada } = await signUp();
    const { tab: elsewhere } = await signUp();
    await elsewhere.openMail("Confirm your email address", ada.email);
    await elsewhere.press("Confirm the address");
    await elsewhere.press("This was not me");
    await elsewhere.says("Your address is free again.");
    const signedOutTab = await signIn(ada);
    await signedOutTab.says("The email address or the password is wrong.");
  });

  test("is replaced once the new address is confirmed; tasks and sessions stay, the old address is notified", async () => {
    const { tab, ada } = await signUp();
    const { ada: bob } = await signUp();
    const target = `new-${ada.email}`;
    await tab.confirmAddress(ada.email);
    await tab.field("New task").fill("Kept");
    await tab.press("Add");
    await tab.account("Profile");

    const change = async (email: string, password: string) => {
      await tab.field("New address").fill(email);
      await tab.field("Your password").fill(password);
      await tab.press("Change address");
    };
    await change("nobody", ada.password);
    await tab.says("Enter a valid email address, such as ada@example.com.");
    expect(await tab.besideField("New address")).toBe("Enter a valid email address, such as ada@example.com.");
    expect(await tab.field("New address").evaluate((field) => field === document.activeElement)).toBe(true);
    await change(target, "not the password");
    await tab.says("The password is wrong.");
    expect(await tab.besideField("Your password")).toBe("The password is wrong.");
    await change(bob.email, ada.password);
    await tab.says("This email address already has an account.");
    await change(target, ada.password);
    await tab.says(`A link is on its way to ${target}.`);

    await tab.openMail("Confirm your new email address", target);
    await tab.press("Confirm the address");
    await tab.says("Your account has its new address.");
    await tab.follow("Go to your tasks");
    await tab.page.getByText(target).waitFor();
    await tab.page.getByRole("checkbox", { name: "Kept" }).waitFor();
    await tab.goto("/inbox");
    await tab.mail("Your email address was changed", ada.email).waitFor();

    const elsewhere = await signIn(ada);
    await elsewhere.says("The email address or the password is wrong.");
    await elsewhere.field("Email").fill(target);
    await elsewhere.page.locator("form").getByRole("button", { name: "Sign in" }).click();
    await elsewhere.page.getByRole("checkbox", { name: "Kept" }).waitFor();
  });
});

describe("the account", () => {
  test("stores, corrects and clears a name", async () => {
    const { tab } = await signUp();
    await tab.account("Profile");
    const name = tab.panel("Name").getByLabel("Name", { exact: true });
    for (const [typed, expected] of [
      ["Ada Lovelace", "Ada Lovelace"],
      ["", ""],
    ] as const) {
      await name.fill(typed);
      await tab.press("Save");
      await tab.says("Saved.");
      await tab.page.reload();
      expect(await name.inputValue()).toBe(expected);
    }
    await name.fill("a".repeat(61));
    await tab.press("Save");
    await tab.says("Use at most 60 characters.");
    expect(await tab.besideField("Name")).toBe("Use at most 60 characters.");
  });

  test("can be downloaded, one record per line, without secrets", async () => {
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

  test("is deleted with its password, which signs out every device and frees the address", async () => {
    const { tab, ada } = await signUp();
    await tab.confirmAddress(ada.email);
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
    await tab.page.getByRole("heading", { name: "Your account was deleted" }).waitFor();
    await elsewhere.signedOut();

    await elsewhere.enter("Sign in", ada);
    await elsewhere.says("The email address or the password is wrong.");
    await tab.follow("Back to the start");
    await tab.enter("Sign up", ada);
    await tab.says("Nothing to do.");
    await tab.goto("/inbox");
    await tab.mail("Your account was deleted", ada.email).waitFor();
  });
});
