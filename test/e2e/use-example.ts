import type { Browser, BrowserContext, BrowserContextOptions } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import { launchChromium, type LaunchOptions } from "./launch-chromium.js";
import { startBuiltExample, startExample, type RunningExample } from "./start-example.js";

export interface ExampleOptions extends LaunchOptions {
  /**
   * Runs the development server, whose page loads hundreds of modules.
   *
   * @default false: serves the example built, with what its page has in development
   */
  readonly devServer?: boolean;
}

/** Starts the example and Chromium for a test file, and stops them afterwards. */
export function useExample({ devServer = false, ...options }: ExampleOptions = {}) {
  let example: RunningExample;
  let browser: Browser;

  beforeAll(async () => {
    const starting = devServer ? startExample() : startBuiltExample("development");
    [example, browser] = await Promise.all([starting, launchChromium(options)]);
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
