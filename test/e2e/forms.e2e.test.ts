import type { Locator } from "playwright-core";
import { describe, expect, it } from "vitest";
import type { AccountTab } from "./account-tab.js";
import { useAccountTabs } from "./use-account-tabs.js";
import { eventually } from "./launch-chromium.js";

const { open, openBeside, signUp } = useAccountTabs();

const hasFocus = (element: Locator): Promise<boolean> => element.evaluate((node) => node === document.activeElement);
const expectFocus = (element: Locator) => expect.poll(() => hasFocus(element), eventually).toBe(true);

async function addTask(tab: AccountTab, title: string): Promise<void> {
  await tab.field("New task").fill(title);
  await tab.press("Add");
  await tab.page.getByRole("checkbox", { name: title }).waitFor();
}

describe("a rejected form", () => {
  it("shows all problems of an empty sign-up at once, and moves the focus to the first field", async () => {
    const tab = await open();
    await tab.press("Create one");
    await tab.press("Sign up");
    expect(await tab.besideField("Email")).not.toBe("");
    expect(await tab.besideField("Password")).toBe("Use at least 8 characters.");
    await expectFocus(tab.field("Email"));
    await tab.field("Email").fill("somebody@example.com");
    await tab.press("Sign up");
    await expectFocus(tab.field("Password"));
  });

  it("shows the error of a form that was sent without JavaScript", async () => {
    const tab = await open();
    await tab.page.evaluate(() => {
      const form = document.createElement("form");
      form.method = "post";
      form.action = "/trpc/form/login";
      form.innerHTML =
        '<input name="email" value="nobody@example.com"><input name="password" value="not the password">';
      document.body.append(form);
      form.submit();
    });
    await tab.says("The email address or the password is wrong.");
    expect(new URL(tab.page.url()).search).toBe("?error=UNAUTHORIZED&reason=WRONG_CREDENTIALS");
    await tab.page.goto(new URL("/?error=CONFLICT&reason=FROM_A_NEWER_SERVER", tab.page.url()).href);
    await tab.says("Someone else changed this in the meantime. Reload the page.");
  });

  it("keeps the focus on the button when no field is invalid", async () => {
    const tab = await open();
    await tab.field("Email").fill("nobody@example.com");
    await tab.field("Password").fill("not the password");
    const button = tab.page.getByRole("button", { name: "Sign in", exact: true });
    await button.focus();
    await tab.page.keyboard.press("Space");
    await tab.says("The email address or the password is wrong.");
    expect(await hasFocus(button)).toBe(true);
  });

  it.each(["Enter in the field", "a click"])(
    "moves the focus to the field of a task without a title after %s",
    async (how) => {
      const { tab } = await signUp();
      if (how === "a click") await tab.press("Add");
      else await tab.field("New task").press("Enter");
      await tab.says("Enter what to do.");
      await expectFocus(tab.field("New task"));
    },
  );

  it("accepts a title of 200 characters, and rejects one more and shows the same number", async () => {
    const { tab } = await signUp();
    await addTask(tab, "a".repeat(200));
    await tab.field("New task").fill("b".repeat(201));
    await tab.press("Add");
    await tab.says("Use at most 200 characters.");
  });
});

describe("a confirmation before something is deleted", () => {
  it("deletes only when it is confirmed, and restores the focus", async () => {
    const { tab } = await signUp();
    await addTask(tab, "Water the plants");
    await addTask(tab, "Call grandmother");
    const button = tab.page.getByRole("button", { name: "Delete Water the plants" });
    const dialog = tab.page.getByRole("dialog", { name: "Delete “Water the plants”?" });

    for (const leave of ["Escape", "Enter"]) {
      await button.focus();
      await tab.page.keyboard.press("Enter");
      // The first button, which has the focus, does nothing.
      await expectFocus(dialog.getByRole("button", { name: "Cancel" }));
      for (const key of ["Tab", "Tab", "Tab", "Shift+Tab", "Shift+Tab"]) {
        await tab.page.keyboard.press(key);
        expect(await tab.page.evaluate(() => document.activeElement?.closest("main, dialog")?.tagName)).not.toBe(
          "MAIN",
        );
      }
      await dialog.getByRole("button", { name: "Cancel" }).focus();
      await tab.page.keyboard.press(leave);
      await expect.poll(() => dialog.count(), eventually).toBe(0);
      await expectFocus(button);
    }
    expect(await tab.page.getByRole("checkbox").count()).toBe(2);

    await tab.page.keyboard.press("Enter");
    await dialog.getByRole("button", { name: "Delete" }).click();
    await expect.poll(() => tab.page.getByRole("checkbox").count(), eventually).toBe(1);
    await expectFocus(tab.page.getByRole("region", { name: "Tasks" }));
  });

  it("closes when another tab deletes the same item", async () => {
    const { tab } = await signUp();
    await addTask(tab, "Water the plants");
    const other = await openBeside(tab);
    await other.press("Delete Water the plants");
    await tab.press("Delete Water the plants");
    await other.answer("Delete");
    await expect.poll(() => tab.page.getByRole("dialog").count(), eventually).toBe(0);
    await expectFocus(tab.page.getByRole("region", { name: "Tasks" }));
    await addTask(tab, "Not blocked");
  });

  it("keeps an organization and a project until the user confirms", async () => {
    const { tab, ada } = await signUp();
    await tab.confirmAddress(ada.email);
    await tab.follow("Organizations");
    await tab.field("Name of the organization").fill("Kept Ltd");
    await tab.press("Create");
    await tab.field("Name of the project").fill("Kept plans");
    await tab.press("Add");
    for (const name of ["Delete the project Kept plans", "Leave Kept Ltd", "Delete Kept Ltd for everybody"]) {
      await tab.press(name);
      await tab.answer("Cancel");
      await expectFocus(tab.page.getByRole("button", { name, exact: true }));
    }
    await tab.page.reload();
    await tab.page.getByRole("link", { name: "Kept plans" }).waitFor();
    await tab.press("Delete the project Kept plans");
    await tab.answer("Delete");
    await tab.says("No project yet.");
    await expectFocus(tab.panel("Projects"));
  });
});

describe("an invited person", () => {
  it("is asked to confirm their address, and then sees the invitation", async () => {
    const { tab: host, ada } = await signUp();
    await host.confirmAddress(ada.email);
    await host.follow("Organizations");
    await host.field("Name of the organization").fill("Welcome Ltd");
    await host.press("Create");
    const email = "guest@example.com";
    await host.field("Invite by email").fill(email);
    await host.press("Invite");
    await host.says(`${email} is invited.`);

    const tab = await open();
    await tab.openMail("You are invited", email);
    await tab.says("You are invited. Use the address that the invitation was mailed to.");
    await tab.enter("Sign up", { email, password: "correct horse battery" });
    await tab.panel("Confirm your address").getByText(email).waitFor();
    await tab.press("Send the link again");
    await tab.says("Sent.");
    const confirming = await openBeside(tab);
    await confirming.openMail("Confirm your email address", email);
    await confirming.press("Confirm the address");
    await confirming.says("Your address is confirmed.");

    // The first tab follows: the request is gone, and the invitation is there.
    await tab.press("Accept the invitation to Welcome Ltd");
    await tab.page.getByRole("heading", { name: "Welcome Ltd" }).waitFor();
    await confirming.follow("Go to your organizations");
    await confirming.page.getByRole("link", { name: "Welcome Ltd" }).waitFor();
    expect(await confirming.page.getByText("Confirm your address").count()).toBe(0);
  });
});

describe("a path without a page", () => {
  it.each(["/nope", "/account/nope", "/organizations/a/b/c", "/tasks/1"])(
    "%s shows the page for unknown paths",
    async (path) => {
      const { tab } = await signUp();
      await tab.goto(path);
      await tab.page.getByRole("heading", { name: "Page not found" }).waitFor();
      await tab.follow("Go to the app");
      await tab.tasks();
    },
  );
});
