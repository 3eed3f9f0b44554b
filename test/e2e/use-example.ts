import type { Browser, BrowserContext, BrowserContextOptions } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import { launchChromium, type LaunchOptions } from "./launch-chromium.js";
import { startExample, type RunningExample } from "./start-example.js";

/** Starts the example and Chromium for a test file, and stops them afterwards. */
export function useExample(options: LaunchOptions = {}) {
  let example: RunningExample;
  let browser: Browser;

  beforeAll(async () => {
    [example, browser] = await Promise.all([startExample(), launchChromium(options)]);
  }, 180_000);

  afterAll(async () => {
    await browser?.close();
    await example?.stop();
  });

  return {
    /** The first address that it printed. */
    get url(): string {
      return example.url;
    },
    /** A separate browser without a session. */
    newBrowser: (options?: BrowserContextOptions): Promise<BrowserContext> => browser.newContext(options),
  };
}
