import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually, launchChromium, PAGE_TIMEOUT } from "./launch-chromium.js";
import { createPageApp, type PageApp } from "./page-app.js";
import type { DevServer } from "./start-dev-server.js";

/** The account that the page names. */
const ada = { email: "ada@example.com", password: "correct horse battery" };

let app: PageApp;
let browser: Browser;
let context: BrowserContext;
let server: DevServer;

// The tests below are the steps of the page: each continues where the one before has ended.
beforeAll(async () => {
  [app, browser] = await Promise.all([createPageApp("docs/tutorial.md", "Create the project"), launchChromium()]);
  context = await browser.newContext();
}, 420_000);

afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await app?.delete();
});

async function open(): Promise<Page> {
  const page = await context.newPage();
  page.setDefaultTimeout(PAGE_TIMEOUT);
  await page.goto(server.url);
  return page;
}

async function add(page: Page, text: string): Promise<void> {
  const reply = page.waitForResponse((response) => response.url().includes("notes.create"));
  await page.getByLabel("New note").fill(text);
  await page.getByRole("button", { name: "Add" }).click();
  expect((await reply).status()).toBe(200);
}

const row = (page: Page, text: string) => page.getByRole("listitem").filter({ hasText: text });

it("has no other steps with code", () => {
  expect(app.headings).toEqual([
    "Create the project",
    "Define the table and the procedures",
    "Add the Worker",
    "Start the server",
    "Sign up in a page",
    "List the notes",
    "Make the list live",
    "Deploy",
  ]);
});

it("serves the procedures, and refuses a call without a session as printed", async () => {
  await app.write("Create the project", "Define the table and the procedures", "Add the Worker");
  await app.run("Add the Worker");
  server = await app.start();
  expect((await app.run("Start the server")).trim()).toBe(app.outputBelow("Start the server"));
});

it("signs up in the page, and keeps the session over a reload", async () => {
  await app.write("Sign up in a page");
  const page = await open();
  await page.getByLabel("Email").fill(ada.email);
  await page.getByLabel("Password").fill(ada.password);
  await page.getByRole("button", { name: "Sign up", exact: true }).click();
  await page.getByText(`Signed in as ${ada.email}`).waitFor();
  await expect.poll(() => server.output(), eventually).toContain("/verify-email#token=");
  await page.reload();
  await page.getByText(`Signed in as ${ada.email}`).waitFor();
  await page.close();
});

it("shows a new note after a reload", async () => {
  await app.write("List the notes");
  const page = await open();
  await add(page, "Buy bread");
  expect(await row(page, "Buy bread").count()).toBe(0);
  await page.reload();
  await row(page, "Buy bread").waitFor();
  await page.close();
});

it("shows a new note in both tabs once the list is live", async () => {
  await app.write("Make the list live");
  const one = await open();
  await row(one, "Buy bread").waitFor();
  const two = await open();
  await row(two, "Buy bread").waitFor();
  await add(one, "Call the plumber");
  await row(one, "Call the plumber").waitFor();
  await row(two, "Call the plumber").waitFor();
});

it("passes the type checks, builds, and is ready to be deployed", async () => {
  await app.run("Deploy", { line: "tsc" });
  const printed = await app.run("Deploy", { line: "wrangler deploy", args: "--dry-run" });
  expect(printed).toContain("--dry-run: exiting now.");
});
