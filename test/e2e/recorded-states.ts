import type { Page } from "playwright-core";
import { expect } from "vitest";

interface Recorded {
  /** All states that the page showed, in order. */
  states: string[];
}

/** Records each state of the page's tasks, or of its whole text. Returns a function that reads them. */
export async function record(page: Page, part: "titles" | "text"): Promise<() => Promise<string[]>> {
  await page.evaluate((kind) => {
    const recorded: Recorded = { states: [] };
    Object.assign(globalThis, { recorded });
    const note = (): void => {
      const titles = [...document.querySelectorAll(".task-title")].map(({ textContent }) => textContent);
      const state = kind === "titles" ? titles.join("|") : (document.body.textContent ?? "");
      if (recorded.states.at(-1) !== state) recorded.states.push(state);
    };
    new MutationObserver(note).observe(document.body, { childList: true, characterData: true, subtree: true });
    note();
  }, part);
  return () => page.evaluate(() => (globalThis as unknown as { recorded: Recorded }).recorded.states);
}

/** The titles in each state. No title disappears again, except those that may be reverted, and none is duplicated. */
export function expectWhole(states: readonly string[], takenBack: readonly string[] = []): void {
  const seen = states.map((state) => state.split("|").filter(Boolean));
  for (const [index, rows] of seen.entries()) {
    expect(new Set(rows).size, `doubled: ${rows.join()}`).toBe(rows.length);
    const before = (seen[index - 1] ?? []).filter((title) => !takenBack.includes(title));
    expect(rows, "missing").toEqual(expect.arrayContaining(before));
  }
}
