import { existsSync } from "node:fs";
import { chromium, type Browser } from "playwright-core";

const places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

export interface LaunchOptions {
  /**
   * Uses the back/forward cache, like a person's browser. A page that returns from it has no `load` event.
   *
   * @default false, as Playwright starts it
   */
  readonly backForwardCache?: boolean;
}

/**
 * Launches the system's Chromium, or the one that CHROMIUM_PATH names, with its own profile and without background
 * requests.
 */
export function launchChromium({ backForwardCache = false }: LaunchOptions = {}): Promise<Browser> {
  const executablePath = process.env["CHROMIUM_PATH"] ?? places.find((place) => existsSync(place));
  if (executablePath === undefined) throw new Error("Chromium was not found. Install it, or set CHROMIUM_PATH.");
  return chromium.launch({
    executablePath,
    ...(backForwardCache && { ignoreDefaultArgs: ["--disable-back-forward-cache"] }),
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}
