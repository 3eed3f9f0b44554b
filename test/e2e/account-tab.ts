import type { BrowserContext, Locator, Page } from "playwright-core";
import type { Credentials } from "./tasks-tab.js";
import { PAGE_TIMEOUT } from "./launch-chromium.js";

/** A tab with the example's account pages, used like a person would: by labels and names. */
export class AccountTab {
  readonly page: Page;
  readonly #url: string;
  /** Uncaught errors of the page. */
  readonly crashes: Error[] = [];

  private constructor(page: Page, url: string) {
    this.page = page;
    this.#url = url;
    page.setDefaultTimeout(PAGE_TIMEOUT);
    page.on("pageerror", (error) => this.crashes.push(error));
  }

  static async open(context: BrowserContext, url: string, path = ""): Promise<AccountTab> {
    const tab = new AccountTab(await context.newPage(), url);
    await tab.goto(path);
    return tab;
  }

  async goto(path: string): Promise<void> {
    await this.page.goto(new URL(path, this.#url).href);
  }

  /** Submits the card of a signed-out user. */
  async enter(action: "Sign in" | "Sign up", { email, password }: Credentials): Promise<void> {
    await this.field("Email").waitFor();
    if (action === "Sign up") await this.press("Create one");
    await this.field("Email").fill(email);
    await this.field("Password").fill(password);
    await this.page.locator("form").getByRole("button", { name: action }).click();
  }

  /** Waits until the tasks of the signed-in user are shown. */
  tasks(): Promise<void> {
    return this.page.getByLabel("New task").waitFor();
  }

  /** Waits for the card that asks for an email address. */
  async signedOut(): Promise<void> {
    await this.page.getByRole("heading", { name: "Sign in", exact: true }).waitFor();
  }

  async account(part: "Profile" | "Security" | "Your data"): Promise<void> {
    if (!new URL(this.page.url()).pathname.startsWith("/account")) await this.follow("Account");
    await this.page.getByRole("navigation", { name: "Account" }).getByRole("link", { name: part }).click();
  }

  /** One part of a page, by its heading. */
  panel(name: string): Locator {
    return this.page.getByRole("region", { name });
  }

  field(label: string): Locator {
    return this.page.getByLabel(label, { exact: true });
  }

  /** The text beside a field. */
  async besideField(label: string): Promise<string | null> {
    const id = await this.page.locator("[aria-invalid=true]").and(this.field(label)).getAttribute("aria-describedby");
    return this.page.locator(`[id="${id}"]`).textContent();
  }

  press(name: string): Promise<void> {
    return this.page.getByRole("button", { name, exact: true }).click();
  }

  /** Answers the question of the open dialog. */
  answer(name: string): Promise<void> {
    return this.page.getByRole("dialog").getByRole("button", { name, exact: true }).click();
  }

  follow(name: string): Promise<void> {
    return this.page.getByRole("link", { name, exact: true }).click();
  }

  says(words: string | RegExp): Promise<void> {
    return this.page.getByText(words).first().waitFor();
  }

  /** Opens the link of the newest mail of a subject to an address, from the inbox of development. */
  async openMail(subject: string, to: string): Promise<void> {
    await this.goto("/inbox");
    const mail = this.mail(subject, to);
    await mail.getByRole("link", { name: "Open the link" }).click();
  }

  /** Confirms the signed-in user's address with the mail of the sign-up, and goes back to the tasks. */
  async confirmAddress(email: string): Promise<void> {
    await this.openMail("Confirm your email address", email);
    await this.press("Confirm the address");
    await this.says("Your address is confirmed.");
    await this.follow("Go to your tasks");
    await this.tasks();
  }

  /** The newest mail of a subject to an address, on the inbox's page. */
  mail(subject: string, to: string): Locator {
    const mails = this.page.getByRole("list", { name: "Mails" }).getByRole("listitem");
    return mails
      .filter({ hasText: subject })
      .filter({ hasText: `to ${to}` })
      .first();
  }
}
