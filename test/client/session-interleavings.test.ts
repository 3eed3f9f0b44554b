import fc from "fast-check";
import { afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { openSharedBrowser } from "./interleavings/shared-browser.js";
import { schedules } from "./interleavings/schedules.js";
import { steps, take } from "./interleavings/steps.js";

const numRuns = schedules;
const timeout = 60_000 + numRuns * 100;

// The chunks that the client loads when it needs them: from here on, loading them takes no real time.
beforeAll(async () => {
  await Promise.all([
    import("../../src/client/client-tokens.js"),
    import("../../src/client/open-socket.js"),
    import("../../src/client/cursor-encoder.js"),
  ]);
});
beforeEach(() => {
  vi.useFakeTimers();
  // The jitter of reconnects: a schedule runs the same each time.
  vi.spyOn(Math, "random").mockReturnValue(0.5);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it("keeps two users apart in one client, in whatever order replies arrive", { timeout }, async () => {
  const setup = fc.record({
    startsSignedIn: fc.boolean(),
    storeDelay: fc.constantFrom(0, 1, 10),
    tabs: fc.constant(1),
  });
  await fc.assert(
    fc.asyncProperty(setup, steps, async (options, schedule) => {
      vi.clearAllTimers();
      const browser = await openSharedBrowser(options);
      for (const step of schedule) await take(step, browser);
      await browser.rest();
      expect(browser.problems()).toEqual([]);
      // No refresh token was used as a copy would be.
      expect(browser.server.copies()).toBe(0);
      const users = await browser.users();
      expect(users).toEqual([browser.store.user()]);
    }),
    { numRuns },
  );
});

it("keeps two users apart in two tabs with one token store", { timeout }, async () => {
  const setup = fc.record({
    startsSignedIn: fc.boolean(),
    storeDelay: fc.constantFrom(0, 1, 10),
    tabs: fc.constant(2),
  });
  await fc.assert(
    fc.asyncProperty(setup, steps, async (options, schedule) => {
      vi.clearAllTimers();
      const browser = await openSharedBrowser(options);
      for (const step of schedule) await take(step, browser);
      await browser.rest();
      expect(browser.problems()).toEqual([]);
      const users = await browser.users();
      const user = browser.store.user();
      expect(users).toEqual([user, user]);
      expect(browser.problems()).toEqual([]);
    }),
    { numRuns },
  );
});
