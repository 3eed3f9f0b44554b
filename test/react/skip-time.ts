import { act } from "@testing-library/react";
import { afterAll, beforeAll, vi } from "vitest";

/** What one step of `skipUntil` skips, in milliseconds: less than a ping may take to be answered. */
const STEP = 500;

/**
 * Lets the tests of a file skip pauses. Timers run in real time, together with the sockets and the server, until a test
 * skips some of it.
 */
export function useSkippableTime(): void {
  beforeAll(
    () =>
      void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"], shouldAdvanceTime: true, advanceTimeDelta: 5 }),
  );
  afterAll(() => void vi.useRealTimers());
}

/** Runs all timers of the next milliseconds at once. */
export const skip = (milliseconds: number): Promise<unknown> => act(() => vi.advanceTimersByTimeAsync(milliseconds));

/** Skips pauses until an expectation holds. Between them the network has its time. */
export function skipUntil(expectation: () => void): Promise<void> {
  const check = async (): Promise<void> => {
    await skip(STEP);
    expectation();
  };
  return vi.waitFor(check, { timeout: 25_000, interval: 20 });
}
