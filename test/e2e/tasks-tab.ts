import type { BrowserContext, Locator, Page, WebSocket } from "playwright-core";
import { PAGE_TIMEOUT } from "./launch-chromium.js";

export interface Credentials {
  readonly email: string;
  readonly password: string;
}

/** A tab with the example, used like a person would: by labels and names. */
export class TasksTab {
  readonly page: Page;
  /** The sockets to the Durable Object that the tab has opened so far; Vite's own is not among them. */
  readonly sockets: WebSocket[] = [];
  /** Uncaught errors of the page. */
  readonly crashes: Error[] = [];
  #navigations = 0;

  private constructor(page: Page) {
    this.page = page;
    page.setDefaultTimeout(PAGE_TIMEOUT);
    page.on("websocket", (socket) => {
      if (new URL(socket.url()).pathname === "/trpc") this.sockets.push(socket);
    });
    page.on("pageerror", (error) => this.crashes.push(error));
    page.on("framenavigated", (frame) => {
      if (frame === page.mainFrame()) this.#navigations++;
    });
  }

  static async open(context: BrowserContext, url: string): Promise<TasksTab> {
    const tab = new TasksTab(await context.newPage());
    await tab.page.goto(url);
    return tab;
  }

  /** How often the page was loaded. */
  get navigations(): number {
    return this.#navigations;
  }

  /** Submits the card, after switching it to the requested form. */
  async submit(action: "Sign in" | "Sign up", { email, password }: Credentials): Promise<void> {
    const submit = this.page.locator("form").getByRole("button", { name: action });
    const other = this.page.getByRole("button", { name: action === "Sign up" ? "Create one" : "Sign in" });
    await this.page.getByLabel("Email").waitFor();
    if ((await this.page.locator("button[type=submit]").textContent()) !== action) await other.click();
    await this.page.getByLabel("Email").fill(email);
    await this.page.getByLabel("Password").fill(password);
    await submit.click();
  }

  async signOut(): Promise<void> {
    await this.page.getByRole("button", { name: "Sign out" }).click();
    await this.page.getByLabel("Email").waitFor();
  }

  /** Waits until the page is subscribed to changes. */
  live(): Promise<void> {
    return this.page.getByText("Live", { exact: true }).waitFor();
  }

  async add(title: string): Promise<void> {
    await this.page.getByLabel("New task").fill(title);
    await this.page.getByRole("button", { name: "Add" }).click();
  }

  task(title: string): Locator {
    return this.page.getByRole("checkbox", { name: title });
  }

  async delete(title: string): Promise<void> {
    await this.page.getByRole("button", { name: `Delete ${title}` }).click();
    await this.page.getByRole("dialog").getByRole("button", { name: "Delete", exact: true }).click();
  }

  titles(): Promise<string[]> {
    return this.page.locator(".task-title").allTextContents();
  }

  /** The instance of the user's object that has answered last. */
  instance(): Promise<string | null> {
    return this.page.getByTestId("instance").textContent();
  }
}
