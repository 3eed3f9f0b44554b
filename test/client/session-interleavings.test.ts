import fc from "fast-check";
import { afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { openSharedBrowser } from "./interleavings/shared-browser.js";
import { schedules } from "./interleavings/schedules.js";
import { steps, take } from "./interleavings/steps.js";

const numRuns = schedules;
const timeout = 60_000 + numRuns * 100;

// Loads the chunks that the client loads on demand: from here on, loading them takes no real time.
beforeAll(async () => {
  await Promise.all([import("../../src/client/client-tokens.js"), import("../../src/client/owner-socket.js")]);
});
beforeEach(() => {
  vi.useFakeTimers();
  // Fixes the jitter of reconnects, so that a schedule runs the same each time.
  vi.spyOn(Math, "random").mockReturnValue(0.5);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it.each([1, 2])("keeps two users apart in %i tabs with one token store", { timeout }, async (tabs) => {
  const setup = fc.record({
    startsSignedIn: fc.boolean(),
    storeDelay: fc.constantFrom(0, 1, 10),
    tabs: fc.constant(tabs),
  });
  await fc.assert(
    fc.asyncProperty(setup, steps, async (options, schedule) => {
      vi.clearAllTimers();
      const browser = await openSharedBrowser(options);
      for (const step of schedule) await take(step, browser);
      await browser.finish();
      expect(browser.problems()).toEqual([]);
      // No refresh token was used like a stolen copy. Two tabs may refresh at once.
      if (tabs === 1) expect(browser.server.copies()).toBe(0);
      const users = await browser.users();
      const user = browser.store.user();
      expect(users).toEqual(Array.from({ length: tabs }, () => user));
      expect(browser.problems()).toEqual([]);
    }),
    { numRuns },
  );
});
