import { env } from "cloudflare:workers";
import { runDurableObjectAlarm } from "cloudflare:test";
import { createCaller } from "trpc-userdo/worker";
import { afterEach, expect, it, vi } from "vitest";
import type { AppRouter } from "../../fixtures/app/router.js";
import { silent } from "../../fixtures/app/unreachable.js";
import { signUp } from "../../fixtures/browser.js";
import { eventually } from "../../fixtures/eventually.js";
import { SUSPENDED, refusalOf } from "./operate.js";

const system = createCaller<AppRouter>(env.BLOG_DO).asSystem();
const reason = "Ticket 4711";
const SEND_TIMEOUT = 30_000;

afterEach(() => {
  silent.clear();
  vi.useRealTimers();
});

it("an action on a user whose object does not reply returns after a limited time, and is repeated", async () => {
  const { client, user } = await signUp();
  const other = await signUp();
  silent.add(`user:${user.id}`);
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"], shouldAdvanceTime: true });
  let result: unknown;
  const call = system.admin.users.suspend({ userId: user.id, reason }).then((value) => (result = value));
  // Actions on other users do not wait for it.
  expect(await system.admin.users.suspend({ userId: other.user.id, reason })).toEqual({ applied: true });
  expect(result).toBeUndefined();
  await vi.advanceTimersByTimeAsync(SEND_TIMEOUT);
  expect(await call).toEqual({ applied: false });
  silent.clear();
  await vi.advanceTimersByTimeAsync(SEND_TIMEOUT);
  await runDurableObjectAlarm(env.BLOG_DO.getByName("app:main"));
  await eventually(async () => expect(await refusalOf(client.posts.list.query())).toBe(SUSPENDED));
});
