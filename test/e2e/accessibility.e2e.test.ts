import { test } from "vitest";
import type { AccountTab } from "./account-tab.js";
import { checkPage } from "./check-page.js";
import { useAccountTabs } from "./use-account-tabs.js";

/** A word of 70 letters. */
const word = "Lo" + "o".repeat(64) + "ng ";
const { open, signUp } = useAccountTabs();

async function createOrganization(tab: AccountTab, name: string): Promise<void> {
  await tab.goto("/organizations");
  await tab.field("Name of the organization").fill(name);
  await tab.press("Create");
  await tab.page.getByTestId("role").waitFor();
}

test("the pages without a session have no accessibility violations", async () => {
  const tab = await open();
  await tab.signedOut();
  await checkPage(tab.page, "sign-in");
  await tab.press("Create one");
  await tab.press("Sign up");
  await tab.page.locator("[aria-invalid=true]").first().waitFor();
  await checkPage(tab.page, "sign-up-refused");
  for (const path of ["forgot-password", "goodbye", "nope", "account/nope", "organizations/a/b/c", "inbox"]) {
    await tab.goto(`/${path}`);
    await tab.page.locator("h1").waitFor();
    await checkPage(tab.page, path.replaceAll("/", "-"));
  }
  await tab.goto("/forgot-password");
  await tab.field("Email").fill(`${"l".repeat(60)}@example.com`);
  await tab.press("Mail me a link");
  await tab.says("a link is on its way there");
  await checkPage(tab.page, "forgot-password-sent");
  for (const path of ["verify-email", "confirm-email", "confirm-device", "reset-password"]) {
    await tab.goto(`/${path}`);
    await checkPage(tab.page, `${path}-without-token`);
    await tab.goto(`/${path}?again#token=made-up`);
    await tab.page.getByRole("button").or(tab.page.getByRole("alert")).first().waitFor();
    await checkPage(tab.page, `${path}-link`);
  }
  await tab.goto("/verify-email?refused#token=made-up");
  await tab.press("Confirm the address");
  await tab.page.getByRole("alert").waitFor();
  await checkPage(tab.page, "verify-email-refused");
  await tab.goto("/invitation#invitation=made-up");
  await tab.says("You are invited.");
  await checkPage(tab.page, "invitation-signed-out");
});

test("the tasks page has no accessibility violations", async () => {
  const { tab } = await signUp();
  await checkPage(tab.page, "tasks-empty");
  await tab.page.getByText("Live", { exact: true }).waitFor();
  for (const title of ["Water the plants", word]) {
    await tab.field("New task").fill(title);
    await tab.press("Add");
    await tab.page.getByRole("checkbox", { name: title.trim() }).waitFor();
  }
  await tab.page.getByRole("checkbox", { name: word.trim() }).check();
  await tab.page.getByRole("list", { name: "Activity" }).getByText(word.trim()).waitFor();
  await tab.field("New task").fill("a".repeat(201));
  await tab.press("Add");
  await tab.says("Use at most 200 characters.");
  await checkPage(tab.page, "tasks");
  await tab.press(`Delete ${word.trim()}`);
  await checkPage(tab.page, "tasks-dialog");
});

test("the account page has no accessibility violations", async () => {
  const { tab, ada } = await signUp(`${"a".repeat(60)}@example.com`);
  for (const part of ["Profile", "Security", "Your data"] as const) {
    await tab.account(part);
    await tab.page.locator("section").first().waitFor();
    await checkPage(tab.page, `account-${part.toLowerCase().replace(" ", "-")}`);
  }
  await tab.press("Delete my account");
  await tab.says("The password is wrong.");
  await checkPage(tab.page, "account-refused");
  await tab.account("Security");
  await tab.page.getByRole("button", { name: /^Rename / }).click();
  await tab.field("Name of the device").fill("d".repeat(60));
  await checkPage(tab.page, "account-rename");
  await tab.press("Save");
  await tab.says("d".repeat(60));
  await checkPage(tab.page, "account-renamed");
  await tab.openMail("Confirm your email address", ada.email);
  await tab.page.getByRole("button").waitFor();
  await checkPage(tab.page, "verify-email");
  await tab.goto("/inbox");
  await tab.page.getByRole("listitem").first().waitFor();
  await checkPage(tab.page, "inbox-with-mails");

  const { tab: elsewhere } = await signUp();
  await elsewhere.openMail("Confirm your email address", ada.email);
  await elsewhere.press("Confirm the address");
  await elsewhere.press("Sign in and confirm");
  await elsewhere.page.locator("[aria-invalid=true]").first().waitFor();
  await checkPage(elsewhere.page, "verify-email-sign-in");
  await elsewhere.field("Email").fill(ada.email);
  await elsewhere.field("Password").fill(ada.password);
  await elsewhere.press("Sign in and confirm");
  await elsewhere.says("Your address is confirmed.");
  await checkPage(elsewhere.page, "verify-email-done");
});

test("the organization pages have no accessibility violations", async () => {
  const { tab, ada } = await signUp();
  await tab.follow("Organizations");
  await tab.says("Confirm your address");
  await checkPage(tab.page, "organizations-unconfirmed");
  await tab.confirmAddress(ada.email);
  const name = `${word}organization`.slice(0, 80);
  await createOrganization(tab, name);
  await tab.field("Name of the project").fill(word);
  await tab.press("Add");
  await tab.page.getByRole("link", { name: word.trim() }).waitFor();
  const invited = `${"b".repeat(60)}@example.com`;
  await tab.field("Invite by email").fill(invited);
  await tab.press("Invite");
  await tab.page.getByRole("list", { name: "Waiting invitations" }).getByText(invited).waitFor();
  await checkPage(tab.page, "organization");
  await tab.press(`Delete ${name} for everybody`);
  await checkPage(tab.page, "organization-dialog");
  await tab.press("Cancel");

  const { tab: guest, ada: bob } = await signUp(invited);
  await guest.confirmAddress(bob.email);
  await guest.openMail("You are invited", bob.email);
  await guest.page.getByRole("list", { name: "Invitations" }).waitFor();
  await checkPage(guest.page, "organizations-invited");
  await guest.press(`Accept the invitation to ${name}`);
  await guest.page.getByTestId("role").waitFor();
  await checkPage(guest.page, "organization-member");
  await tab.page.getByRole("list", { name: "Members" }).getByText(invited).waitFor();
  await tab.press(`Remove ${invited}`);
  await checkPage(tab.page, "organization-members");
  await tab.press("Cancel");
  await tab.goto("/organizations");
  await tab.page.getByRole("link", { name }).waitFor();
  await checkPage(tab.page, "organizations");
  await tab.follow(name);
  await tab.follow(word.trim());
  await tab.field("New task").fill(word);
  await tab.press("Add");
  await tab.page.getByRole("checkbox", { name: word.trim() }).waitFor();
  await checkPage(tab.page, "project");
  await tab.goto("/organizations/nope");
  await tab.page.getByRole("alert").waitFor();
  await checkPage(tab.page, "organization-missing");
});
