import { afterEach, expect, test, vi } from "vitest";
import { minimumResponseTime } from "../../src/worker/calls/handle-calls.js";

afterEach(() => void vi.useRealTimers());

test.each([["auth.requestPasswordReset"], ["auth.requestDeviceLink"]])("delays the answer of %s", async (path) => {
  vi.useFakeTimers();
  let isDone = false;
  const time = minimumResponseTime([{ path: "auth.me" }, { path }])?.then(() => (isDone = true));
  await vi.advanceTimersByTimeAsync(99);
  expect(isDone).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  await time;
  expect(isDone).toBe(true);
});

test.each([[[]], [["auth.login"]], [["auth.signup", "posts.list"]]])("does not delay the answer of %j", (paths) => {
  expect(minimumResponseTime(paths.map((path) => ({ path })))).toBeUndefined();
});
