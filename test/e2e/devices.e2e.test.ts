import { describe, expect, test } from "vitest";
import { useAccountTabs } from "./use-account-tabs.js";
import { eventually } from "./launch-chromium.js";

const another = "another horse battery";
const { open, openBeside, signIn, signUp } = useAccountTabs();

describe("the password", () => {
  test("is reset by the link of a mail, which signs out every device at once", async () => {
    const { tab, ada } = await signUp();
    const elsewhere = await open();
    await elsewhere.follow("Forgot your password?");
    // The answer does not reveal who has an account.
    for (const email of ["nobody@example.com", ada.email]) {
      await elsewhere.field("Email").fill(email);
      await elsewhere.press("Mail me a link");
      await elsewhere.says(`If ${email} has an account, a link is on its way there.`);
    }
    await elsewhere.openMail("Choose a new password", ada.email);
    await elsewhere.field("New password").fill("password");
    await elsewhere.press("Change password");
    await elsewhere.says("This password is easy to guess.");
    expect(await elsewhere.besideField("New password")).toContain("easy to guess");
    await elsewhere.field("New password").fill(another);
    await elsewhere.press("Change password");
    await elsewhere.says("All devices were signed out.");
    await tab.signedOut();

    await elsewhere.follow("Sign in");
    await elsewhere.enter("Sign in", { ...ada, password: another });
    await elsewhere.tasks();
    // A used link shows its error before the form.
    await elsewhere.openMail("Choose a new password", ada.email);
    await elsewhere.page.getByRole("alert").filter({ hasText: "This link was already used" }).waitFor();
    expect(await elsewhere.field("New password").count()).toBe(0);
    await elsewhere.follow("Ask for a new link");
    await elsewhere.page.getByRole("heading", { name: "Forgot your password?" }).waitFor();
  });

  test("can be changed, which keeps this device and its tabs signed in and signs out the others", async () => {
    const { tab, ada } = await signUp();
    const second = await openBeside(tab);
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
    await tab.says("Use at least 8 characters.");
    expect(await tab.besideField("New password")).toBe("Use at least 8 characters.");
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
    await elsewhere.says("The email address or the password is wrong.");
  });
});

describe("a user's devices", () => {
  test("are listed and can be renamed; a revoked one is signed out at once", async () => {
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
    await tab.says("Enter a name.");
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

  test("stay signed in when one signs out, and are all signed out by signing out everywhere", async () => {
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

/** Tries wrong passwords for an address, like an attacker, until the next attempt has to wait for several seconds. */
async function guess(page: string, email: string): Promise<void> {
  for (;;) {
    const response = await fetch(new URL("/trpc/auth.login", page), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ json: { email, password: "not the password" } }),
    });
    const seconds = Number(response.headers.get("Retry-After") ?? 0);
    if (seconds > 8) return;
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  }
}

describe("a sign-in while an attacker guesses the password", () => {
  test("succeeds at once in a new browser that the mailed link has confirmed", async () => {
    const { tab, ada } = await signUp();
    await tab.confirmAddress(ada.email);
    await guess(tab.page.url(), ada.email);

    const other = await signIn(ada);
    await other.says("There were too many wrong passwords.");
    await other.press("Mail me a link");
    await other.says("a link is on its way");
    await other.openMail("Confirm your device", ada.email);
    await other.press("Confirm this browser");
    await other.says("This browser is confirmed.");
    await other.follow("Sign in");
    await other.enter("Sign in", ada);
    await other.tasks();

    await tab.account("Security");
    await tab.panel("Activity").getByText("Confirmed a browser by mail").waitFor();
  });
});
