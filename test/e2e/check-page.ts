import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { saveScreenshot } from "./save-screenshot.js";

declare const axe: { run(): Promise<AxeResults> };

const axeFile = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const phone = { width: 390, height: 844 };

/**
 * Checks the page that is open, in both color schemes: axe finds no violations, there is one first heading, and nothing is
 * wider than a phone. Keeps pictures of it.
 */
export async function checkPage(page: Page, name: string): Promise<void> {
  const size = page.viewportSize();
  await page.addScriptTag({ path: axeFile });
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const { violations } = await page.evaluate(() => axe.run());
    const found = violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => ({ id, html, failureSummary })),
    );
    expect(found, `${name}, ${colorScheme}`).toEqual([]);
    await saveScreenshot(page, `${name}-${colorScheme}`);
  }
  expect(await page.locator("h1").count(), `first headings of ${name}`).toBe(1);
  await page.setViewportSize(phone);
  const wide = await page.evaluate((width) => {
    const elements = Array.from(document.querySelectorAll("body *"));
    const outside = elements.filter((element) => element.getBoundingClientRect().right > width + 0.5);
    return {
      page: document.documentElement.scrollWidth,
      outside: outside.map(({ outerHTML }) => outerHTML.slice(0, 120)),
    };
  }, phone.width);
  await saveScreenshot(page, `${name}-phone`);
  expect(wide, `${name} on a phone`).toEqual({ page: phone.width, outside: [] });
  if (size) await page.setViewportSize(size);
}
