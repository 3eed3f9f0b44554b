import { describe, expect, test } from "vitest";
import type { AccountTab } from "./account-tab.js";
import { useAccountTabs } from "./use-account-tabs.js";
import { eventually } from "./launch-chromium.js";

const { signUp } = useAccountTabs();

/** A browser of a new user, who has signed up and confirmed their address. */
async function person(): Promise<{ tab: AccountTab; email: string }> {
  const { tab, ada } = await signUp();
  await tab.confirmAddress(ada.email);
  return { tab, email: ada.email };
}

/** The page of a user's new organization. */
async function createOrganization(tab: AccountTab, name: string): Promise<string> {
  await tab.follow("Organizations");
  await tab.field("Name of the organization").fill(name);
  await tab.press("Create");
  await tab.page.getByRole("heading", { name }).waitFor();
  return new URL(tab.page.url()).pathname;
}

async function invite(tab: AccountTab, email: string, role: string): Promise<void> {
  await tab.field("Invite by email").fill(email);
  await tab.field("Role of the invited").selectOption(role);
  await tab.press("Invite");
  await tab.says(`${email} is invited.`);
}

/** Opens the invitation's mail in the inbox, and accepts it on the page of its link. */
async function accept(tab: AccountTab, email: string, name: string): Promise<void> {
  await tab.openMail("You are invited", email);
  await tab.press(`Accept the invitation to ${name}`);
  await tab.page.getByRole("heading", { name }).waitFor();
}

const role = (tab: AccountTab) => tab.page.getByTestId("role").textContent();

describe("two users in two browsers", () => {
  test("share projects and tasks, live, after an invitation by mail", async () => {
    const [ada, bob] = [await person(), await person()];
    await createOrganization(ada.tab, "Lovelace Ltd");
    expect(await role(ada.tab)).toBe("owner");
    await ada.tab.field("Name of the project").fill("Analytical engine");
    await ada.tab.press("Add");
    await ada.tab.page.getByRole("link", { name: "Analytical engine" }).waitFor();

    await invite(ada.tab, bob.email, "member");
    await ada.tab.page.getByRole("list", { name: "Waiting invitations" }).getByText(bob.email).waitFor();
    await accept(bob.tab, bob.email, "Lovelace Ltd");
    expect(await role(bob.tab)).toBe("member");
    // The owner's page updates: it has a new member, and no invitation.
    await ada.tab.page.getByRole("list", { name: "Members" }).getByText(bob.email).waitFor();
    await expect
      .poll(() => ada.tab.page.getByRole("list", { name: "Waiting invitations" }).count(), eventually)
      .toBe(0);

    for (const { tab } of [ada, bob]) {
      await tab.follow("Analytical engine");
      await tab.page.getByText("Live", { exact: true }).waitFor();
    }
    await ada.tab.field("New task").fill("Draw the mill");
    await ada.tab.press("Add");
    const checkbox = bob.tab.page.getByRole("checkbox", { name: "Draw the mill" });
    await checkbox.waitFor();
    // It shows the server's state a moment later.
    await checkbox.click();
    await expect
      .poll(() => ada.tab.page.getByRole("checkbox", { name: "Draw the mill" }).isChecked(), eventually)
      .toBe(true);
    await bob.tab.field("New task").fill("Order the brass");
    await bob.tab.press("Add");
    await ada.tab.page.getByRole("checkbox", { name: "Order the brass" }).waitFor();
    await ada.tab.press("Delete Draw the mill");
    await ada.tab.answer("Delete");
    await expect.poll(() => checkbox.count(), eventually).toBe(0);
  });

  test("see only what their role allows, and a changed role applies at once on the open page", async () => {
    const [ada, bob] = [await person(), await person()];
    await createOrganization(ada.tab, "Babbage Bros");
    await invite(ada.tab, bob.email, "guest");
    await accept(bob.tab, bob.email, "Babbage Bros");
    expect(await role(bob.tab)).toBe("guest");
    expect(await bob.tab.field("Name of the project").count()).toBe(0);
    expect(await bob.tab.field("Invite by email").count()).toBe(0);

    await ada.tab.field(`Role of ${bob.email}`).selectOption("admin");
    await expect.poll(() => role(bob.tab), eventually).toBe("admin");
    await bob.tab.field("Name of the project").fill("Difference engine");
    await bob.tab.press("Add");
    await ada.tab.page.getByRole("link", { name: "Difference engine" }).waitFor();
    // Members cannot remove a member with a higher role.
    expect(await bob.tab.page.getByRole("button", { name: `Remove ${ada.email}` }).count()).toBe(0);
  });

  test("lose access at once when they are removed", async () => {
    const [ada, bob] = [await person(), await person()];
    await createOrganization(ada.tab, "Engine Club");
    await ada.tab.field("Name of the project").fill("Secret plans");
    await ada.tab.press("Add");
    await invite(ada.tab, bob.email, "member");
    await accept(bob.tab, bob.email, "Engine Club");
    await bob.tab.page.getByRole("link", { name: "Secret plans" }).waitFor();
    await ada.tab.press(`Remove ${bob.email}`);
    await ada.tab.answer("Remove");
    await expect.poll(() => bob.tab.page.getByText("Secret plans").count(), eventually).toBe(0);
    await bob.tab.says("You have no access to this organization.");
    await bob.tab.goto("/organizations");
    await bob.tab.page.getByRole("heading", { name: "Organizations" }).waitFor();
    expect(await bob.tab.page.getByText("Engine Club").count()).toBe(0);
  });
});

describe("one organization", () => {
  test("keeps an invitation for an account that does not exist yet, and requires a confirmed address", async () => {
    const ada = await person();
    await createOrganization(ada.tab, "Countess & Co");
    const email = "newcomer@example.com";
    await invite(ada.tab, email, "member");
    const { tab } = await signUp(email);
    await tab.follow("Organizations");
    expect(await tab.page.getByText("Countess & Co").count()).toBe(0);
    await tab.confirmAddress(email);
    await accept(tab, email, "Countess & Co");
  });

  test("can have invitations declined and revoked; the last owner cannot leave, but can delete it", async () => {
    const [ada, bob] = [await person(), await person()];
    const path = await createOrganization(ada.tab, "Short Lived");
    await invite(ada.tab, bob.email, "member");
    await bob.tab.openMail("You are invited", bob.email);
    await bob.tab.press("Decline the invitation to Short Lived");
    await expect.poll(() => bob.tab.page.getByText("Short Lived").count(), eventually).toBe(0);
    await expect
      .poll(() => ada.tab.page.getByRole("list", { name: "Waiting invitations" }).count(), eventually)
      .toBe(0);

    await invite(ada.tab, "nobody@example.com", "guest");
    await ada.tab.press("Cancel the invitation of nobody@example.com");
    await expect
      .poll(() => ada.tab.page.getByRole("list", { name: "Waiting invitations" }).count(), eventually)
      .toBe(0);

    await ada.tab.press("Leave Short Lived");
    await ada.tab.answer("Leave");
    await ada.tab.page.getByRole("alert").waitFor();
    await ada.tab.press("Delete Short Lived for everybody");
    await ada.tab.answer("Delete for everybody");
    await ada.tab.page.getByRole("heading", { name: "Organizations" }).waitFor();
    await expect.poll(() => ada.tab.page.getByText("Short Lived").count(), eventually).toBe(0);
    await ada.tab.goto(path);
    await ada.tab.page.getByRole("alert").waitFor();
  });

  test("shows nothing to a user who is not a member", async () => {
    const [ada, eve] = [await signUp(), await signUp()];
    const path = await createOrganization(ada.tab, "Private Papers");
    await eve.tab.goto(path);
    await eve.tab.page.getByRole("alert").waitFor();
    expect(await eve.tab.page.getByText("Private Papers").count()).toBe(0);
  });
});
