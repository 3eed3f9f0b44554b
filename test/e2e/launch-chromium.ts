import { existsSync } from "node:fs";
import { chromium, type Browser, type BrowserContext } from "playwright-core";

const places = ["chromium", "chromium-browser", "google-chrome"].map((name) => `/usr/bin/${name}`);
/** The same engine without a user interface, which takes half of the CPU time. It has no back/forward cache. */
const shell = "/usr/bin/chromium-headless-shell";

/**
 * How long a page is waited for, in milliseconds: for one that is there in a second on a fast machine, on a machine with two
 * cores that runs three browsers and their servers.
 */
export const PAGE_TIMEOUT = 90_000;
/** Options of assertions that wait for a page. */
export const eventually = { timeout: PAGE_TIMEOUT };

export interface LaunchOptions {
  /**
   * Uses the back/forward cache, like a person's browser. A page that returns from it has no `load` event.
   *
   * @default false, as Playwright starts it
   */
  readonly backForwardCache?: boolean;
}

const args = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

function findChromium({ backForwardCache = false }: LaunchOptions = {}): string {
  const found = (backForwardCache ? places : [shell, ...places]).find((place) => existsSync(place));
  const executablePath = process.env["CHROMIUM_PATH"] ?? found;
  if (executablePath === undefined) throw new Error("Chromium was not found. Install it, or set CHROMIUM_PATH.");
  return executablePath;
}

/**
 * Launches the system's Chromium, or the one that CHROMIUM_PATH names, with its own profile and without background
 * requests.
 */
export function launchChromium({ backForwardCache = false }: LaunchOptions = {}): Promise<Browser> {
  return chromium.launch({
    executablePath: findChromium({ backForwardCache }),
    ...(backForwardCache && { ignoreDefaultArgs: ["--disable-back-forward-cache"] }),
    args,
  });
}

/** Launches Chromium with a profile in a folder, which it keeps when it is closed. */
export function launchWithProfile(folder: string): Promise<BrowserContext> {
  return chromium.launchPersistentContext(folder, {
    executablePath: findChromium(),
    args,
    locale: "en-GB",
    viewport: { width: 760, height: 700 },
  });
}
