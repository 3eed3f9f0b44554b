import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createSessionWatch, type SignInStatus } from "../../src/client/session-watch.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A watch, with the number of checks and of sessions that it found to have ended. */
function watching(answer: SignInStatus) {
  const counts = { checks: 0, ended: 0 };
  const watch = createSessionWatch({
    async ask() {
      counts.checks++;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return answer;
    },
    onEnd: () => void counts.ended++,
  });
  return { watch, counts };
}

it("combines many hints into one check, and reports its answer once", async () => {
  const { watch, counts } = watching("signedOut");
  for (let hint = 0; hint < 20; hint++) watch.check();
  await vi.runAllTimersAsync();
  watch.check();
  await vi.runAllTimersAsync();
  expect(counts).toEqual({ checks: 1, ended: 1 });
});

it.each(["signedIn", "unknown"] as const)("does not end the session on the answer %s", async (answer) => {
  const { watch, counts } = watching(answer);
  watch.check();
  await vi.runAllTimersAsync();
  expect(counts).toEqual({ checks: 1, ended: 0 });
});

it("ignores a slow first check after a sign-in", () => {
  const { watch, counts } = watching("signedOut");
  const epoch = watch.epoch();
  watch.changed("signedIn");
  watch.onSignedOut(epoch);
  expect(counts.ended).toBe(0);
  watch.onSignedOut(watch.epoch());
  expect(counts.ended).toBe(1);
});

it("discards a check when the client gets another session meanwhile", async () => {
  for (const at of [100, 300]) {
    const { watch, counts } = watching("signedOut");
    watch.check();
    await vi.advanceTimersByTimeAsync(at);
    watch.changed(undefined);
    await vi.runAllTimersAsync();
    expect(counts.ended).toBe(0);
  }
});

it("does not report the client's own sign-out, and checks again after the next sign-in", async () => {
  const { watch, counts } = watching("signedOut");
  watch.changed("signedOut");
  watch.check();
  await vi.runAllTimersAsync();
  expect(counts).toEqual({ checks: 0, ended: 0 });
  watch.changed("signedIn");
  watch.check();
  await vi.runAllTimersAsync();
  expect(counts).toEqual({ checks: 1, ended: 1 });
});
