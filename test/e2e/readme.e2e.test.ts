import { existsSync } from "node:fs";
import path from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { eventually, launchChromium, PAGE_TIMEOUT } from "./launch-chromium.js";
import { createPageApp, type PageApp } from "./page-app.js";
import type { DevServer } from "./start-dev-server.js";

/** The account that the README's curl commands sign in to. */
const ada = { email: "ada@example.com", password: "correct horse battery" };

let app: PageApp;
let browser: Browser;
const servers: DevServer[] = [];
const contexts: BrowserContext[] = [];

beforeAll(async () => {
  [app, browser] = await Promise.all([createPageApp("README.md", "Install"), launchChromium()]);
  await app.write("The Worker", "The page", "Vite and TypeScript");
  await app.run("Secrets");
}, 420_000);

afterEach(() => Promise.all(contexts.splice(0).map((context) => context.close())));
afterAll(async () => {
  await browser?.close();
  await Promise.all(servers.map((server) => server.stop()));
  await app?.delete();
});

async function start(config?: string): Promise<DevServer> {
  const server = await app.start(config);
  servers.push(server);
  return server;
}

/** A browser in which no user is signed in. */
async function newBrowser(): Promise<BrowserContext> {
  const context = await browser.newContext();
  contexts.push(context);
  return context;
}

async function open(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage();
  page.setDefaultTimeout(PAGE_TIMEOUT);
  await page.goto(url);
  return page;
}

async function enter(page: Page, action: "Sign in" | "Sign up", { email, password }: typeof ada): Promise<void> {
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: action, exact: true }).click();
}

async function add(page: Page, title: string): Promise<void> {
  await page.getByLabel("New task").fill(title);
  await page.getByRole("button", { name: "Add" }).click();
}

const row = (page: Page, title: string) => page.getByRole("listitem").filter({ hasText: title });

/** The newest link to a page in the log of the development server. */
async function mailLink(server: DevServer, pathname: string): Promise<string> {
  const links = () => Array.from(server.output().matchAll(new RegExp(`${pathname}#token=\\S+`, "g")), ([link]) => link);
  await expect.poll(() => links().length, eventually).toBeGreaterThan(0);
  return new URL(links().at(-1)!, server.url).href;
}

it("the files pass the type checks", async () => {
  await app.run("Run", { line: "tsc" });
});

describe("the app on one port", () => {
  let server: DevServer;

  beforeAll(async () => void (server = await start()), 150_000);

  it("shows a new row in a second tab", async () => {
    const context = await newBrowser();
    const one = await open(context, server.url);
    await enter(one, "Sign up", { ...ada, password: "short" });
    await one.getByRole("alert").filter({ hasText: "Password must be at least 8 characters." }).waitFor();
    await enter(one, "Sign up", ada);
    await add(one, "Buy bread");
    await row(one, "Buy bread").waitFor();
    const two = await open(context, server.url);
    await row(two, "Buy bread").waitFor();
    await add(one, "Call the plumber");
    await row(two, "Call the plumber").waitFor();
    await add(one, "");
    await one.getByRole("alert").filter({ hasText: "Enter a title." }).waitFor();
  });

  it("opens the links of mails, which the log shows", async () => {
    const context = await newBrowser();
    const page = await open(context, server.url);
    await enter(page, "Sign in", ada);
    await page.getByRole("button", { name: "Sign out" }).waitFor();
    const verify = await open(context, await mailLink(server, "/verify-email"));
    await verify.getByRole("button", { name: "Confirm" }).click();
    await verify.getByText("Your address is confirmed.").waitFor();

    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("Email").fill(ada.email);
    await page.getByRole("button", { name: "Forgot password" }).click();
    await page.getByText("a link is on its way").waitFor();
    const reset = await open(context, await mailLink(server, "/reset-password"));
    await reset.getByLabel("New password").fill(ada.password);
    await reset.getByRole("button", { name: "Change password" }).click();
    await reset.getByText("Your password was changed.").waitFor();
    await reset.getByRole("link", { name: "Sign in" }).click();
    await enter(reset, "Sign in", ada);
    await row(reset, "Buy bread").waitFor();
  });

  it("answers the curl commands, and open pages show what they wrote", async () => {
    const page = await open(await newBrowser(), server.url);
    await enter(page, "Sign in", ada);
    await row(page, "Buy bread").waitFor();
    const replies = await app.run("Call it with curl");
    expect(replies).not.toContain('"error"');
    expect(replies.match(/"title":"Water the plants"/g)).toHaveLength(2);
    await row(page, "Water the plants").waitFor();
  });
});

it("builds, and is ready to be deployed", async () => {
  const printed = await app.run("Deploy", { line: "wrangler deploy", args: "--dry-run" });
  expect(printed).toContain("env.TASKS_DO (TasksDO)");
  expect(existsSync(path.join(app.folder, "dist/client/index.html"))).toBe(true);
});

describe("the app on two ports", () => {
  let page: DevServer;

  beforeAll(async () => {
    await Promise.all(servers.splice(0).map((server) => server.stop()));
    await app.write("Page and API on two ports");
    await app.run("Run", { line: "tsc" });
    await start();
    page = await start("vite.page.config.ts");
  }, 240_000);

  it("signs up with cookies, and is live", async () => {
    const context = await newBrowser();
    const one = await open(context, page.url);
    await enter(one, "Sign up", { ...ada, email: "two@example.com" });
    await add(one, "Buy bread");
    await row(one, "Buy bread").waitFor();
    const two = await open(context, page.url);
    await row(two, "Buy bread").waitFor();
    await add(two, "Call the plumber");
    await row(one, "Call the plumber").waitFor();
    await one.getByRole("button", { name: "Sign out" }).click();
    await two.getByLabel("Email").waitFor();
  });
});
