import { beforeAll, describe, expect, test } from "vitest";
import type { AccountTab } from "./account-tab.js";
import { checkPage } from "./check-page.js";
import type { Credentials } from "./tasks-tab.js";
import { useAccountTabs } from "./use-account-tabs.js";
import { eventually } from "./launch-chromium.js";

const { open, signUp, signIn } = useAccountTabs();
const admin: Credentials = { email: "admin@example.com", password: "correct horse battery" };

/** Answers the dialog of an action, which asks for the reason. */
async function confirm(tab: AccountTab, reason: string, action: string): Promise<void> {
  await tab.page.getByRole("dialog").getByLabel("Reason").fill(reason);
  await tab.answer(action);
}

/** A tab of the administrator with the page of a user. The directory lists new users after a moment. */
async function openUser(tab: AccountTab, email: string): Promise<void> {
  await tab.goto("/admin");
  await expect
    .poll(async () => {
      await tab.field("Address or name").fill(email);
      await tab.press("Search");
      return tab.page.getByRole("link", { name: email }).count();
    }, eventually)
    .toBe(1);
  await tab.follow(email);
  await tab.page.getByRole("heading", { name: email, level: 1 }).waitFor();
}

/** Creates accounts by calls, which keep the session of the tab. */
function signUpMany({ page }: AccountTab, count: number): Promise<void> {
  return page.evaluate(async (until) => {
    for (let number = 1; number <= until; number++) {
      const json = { email: `page${number}@example.com`, password: "correct horse battery", tokens: "body" };
      const response = await fetch("/trpc/auth.signup", {
        method: "POST",
        credentials: "omit",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ json }),
      });
      if (!response.ok) throw new Error(await response.text());
    }
  }, count);
}

async function signInAsAdmin(): Promise<AccountTab> {
  const tab = await signIn(admin);
  await tab.tasks();
  return tab;
}

// BOOTSTRAP_ADMIN_EMAIL of the example's .dev.vars.
beforeAll(async () => {
  const tab = await open();
  await tab.enter("Sign up", admin);
  await tab.tasks();
  await tab.confirmAddress(admin.email);
  await tab.page.context().close();
});

describe("a user without permissions", () => {
  test("sees no link, and the page says why it is empty", async () => {
    const { tab } = await signUp();
    await tab.account("Profile");
    expect(await tab.page.getByRole("link", { name: "Admin" }).count()).toBe(0);
    for (const path of ["/admin", "/admin/roles", "/admin/audit", "/admin/users/0123"]) {
      await tab.goto(path);
      await tab.says("none of your roles has it");
    }
    await checkPage(tab.page, "admin-denied");
  });
});

describe("the first administrator", () => {
  test("finds a user, and suspends them at once until the suspension is ended", async () => {
    const { tab: userTab, ada } = await signUp("suspended@example.com");
    const tab = await signInAsAdmin();
    await tab.follow("Admin");
    await openUser(tab, ada.email);
    await tab.press("Suspend");
    await checkPage(tab.page, "admin-user-dialog");
    // Without a reason, the dialog stays.
    await tab.answer("Suspend");
    expect(await tab.page.getByRole("dialog").count()).toBe(1);
    await tab.page.keyboard.press("Escape");
    expect(await tab.page.getByRole("dialog").count()).toBe(0);
    expect(await tab.page.evaluate(() => document.activeElement?.textContent)).toBe("Suspend");
    await tab.press("Suspend");
    await tab.page.getByRole("dialog").getByLabel("Ends").selectOption("in a week");
    await confirm(tab, "Sent spam", "Suspend");
    await tab.says("“Sent spam”");
    await checkPage(tab.page, "admin-user-suspended");
    await userTab.signedOut();
    const refused = await signIn(ada);
    await refused.says("Your account is suspended.");

    await tab.press("End the suspension");
    await confirm(tab, "Sorted out", "End the suspension");
    await tab.says("This user can sign in.");
    const again = await signIn(ada);
    await again.tasks();
  });

  test("signs a user out, mails links, and deletes the account", async () => {
    const { tab: userTab, ada } = await signUp("helped@example.com");
    const tab = await signInAsAdmin();
    await openUser(tab, ada.email);
    await tab.press("Sign out everywhere");
    await confirm(tab, "Lost phone", "Sign out everywhere");
    await tab.says("Signed out everywhere.");
    await userTab.signedOut();
    await tab.press("Mail a link for a new password");
    await confirm(tab, "Forgot it", "Mail a link for a new password");
    await tab.says("Sent.");
    await userTab.goto("/inbox");
    await userTab.mail("password", ada.email).waitFor();

    const saved = tab.page.waitForEvent("download");
    await tab.press("Download the data");
    await confirm(tab, "Asked for it", "Download the data");
    expect((await saved).suggestedFilename()).toMatch(/\.ndjson$/);
    await checkPage(tab.page, "admin-user");
    await tab.press("Delete the account");
    await confirm(tab, "Asked for it", "Delete the account");
    await tab.page.getByRole("heading", { name: "Administration" }).waitFor();
    const refused = await signIn(ada);
    await refused.says("The email address or the password is wrong.");
  });

  test("creates a role, which shows its members the pages that it allows", async () => {
    const { ada } = await signUp("helper@example.com");
    const tab = await signInAsAdmin();
    await tab.goto("/admin/roles");
    await tab.page.getByRole("list", { name: "Roles" }).getByText("superadmin").waitFor();
    await tab.field("Name").fill("auditor");
    await tab.field("Description").fill("Reads the log");
    await tab.page.getByLabel("audit:read").check();
    await tab.press("Create");
    await tab.press("Edit auditor");
    await checkPage(tab.page, "admin-roles");
    await tab.page.getByRole("list", { name: "Roles" }).getByLabel("role:read").check();
    await tab.press("Save");
    await expect
      .poll(() => tab.page.evaluate(() => document.activeElement?.getAttribute("aria-label")), eventually)
      .toBe("Edit auditor");

    await openUser(tab, ada.email);
    await tab.press("Assign a role");
    await tab.page.getByRole("dialog").getByLabel("Role").selectOption("auditor");
    await confirm(tab, "New in support", "Assign a role");
    await tab.page.getByRole("list", { name: "Roles" }).getByText("auditor").waitFor();

    const helper = await signIn(ada);
    await helper.follow("Admin");
    await helper.says("none of your roles has it");
    const tabs = helper.page.getByRole("navigation", { name: "Administration" });
    expect(await tabs.getByRole("link").allTextContents()).toEqual(["Roles", "Audit log"]);
    await tabs.getByRole("link", { name: "Roles" }).click();
    await helper.page.getByRole("list", { name: "Roles" }).getByText("auditor").waitFor();
    expect(await helper.page.getByRole("button", { name: "Edit auditor" }).count()).toBe(0);
    await tabs.getByRole("link", { name: "Audit log" }).click();
    await helper.says("“New in support”");
    await checkPage(helper.page, "admin-audit");

    await tab.goto("/admin/roles");
    await tab.press("Delete auditor");
    await tab.answer("Delete");
    await expect.poll(() => tab.page.getByRole("button", { name: "Edit auditor" }).count(), eventually).toBe(0);
  });

  test("filters and pages the users and the audit log with the keyboard", async () => {
    const tab = await signInAsAdmin();
    await signUpMany(tab, 21);
    await tab.goto("/admin");
    await expect
      .poll(async () => {
        await tab.field("Address or name").fill("page");
        await tab.page.keyboard.press("Enter");
        await tab.page.getByText(/^\d+ users?$/).waitFor();
        return tab.page.getByText("21 users").count();
      }, eventually)
      .toBe(1);
    const users = tab.page.getByRole("list", { name: "Users" }).getByRole("listitem");
    await expect.poll(() => users.count(), eventually).toBe(20);
    await checkPage(tab.page, "admin-users");
    await tab.page.getByRole("button", { name: "Show more" }).focus();
    await tab.page.keyboard.press("Enter");
    await expect.poll(() => users.count(), eventually).toBe(21);
    await tab.field("Status").selectOption("Suspended");
    await tab.press("Search");
    await tab.says("0 users");
  });
});

test("the other pages do not load the pages for operators", async () => {
  const { tab } = await signUp();
  const loaded: string[] = [];
  tab.page.on("request", (request) => loaded.push(new URL(request.url()).pathname));
  await tab.goto("/account");
  await tab.page.waitForLoadState("networkidle");
  expect(loaded.length).toBeGreaterThan(1);
  expect(loaded.filter((path) => path.includes("admin-page"))).toEqual([]);
  await tab.goto("/admin");
  await tab.says("none of your roles has it");
  expect(loaded.filter((path) => path.includes("admin-page"))).not.toEqual([]);
});
