import { env } from "cloudflare:workers";
import { createCaller } from "trpc-userdo/worker";
import { afterEach, expect, it, vi } from "vitest";
import type { AppRouter } from "../../fixtures/app/router.js";
import { silent } from "../../fixtures/app/unreachable.js";
import { signUp } from "../../fixtures/browser.js";
import { eventually } from "../../fixtures/eventually.js";
import { shortenTimeouts } from "../../fixtures/shorten-timeouts.js";
import { SUSPENDED, refusalOf } from "./operate.js";

const system = createCaller<AppRouter>(env.BLOG_DO).asSystem();
const reason = "Ticket 4711";

afterEach(() => {
  silent.clear();
  vi.restoreAllMocks();
});

it("an action on a user whose object does not reply returns after a limited time, and is repeated", async () => {
  const { client, user } = await signUp();
  const other = await signUp();
  silent.add(`user:${user.id}`);
  shortenTimeouts();
  const results = await Promise.all([
    system.admin.users.suspend({ userId: user.id, reason }),
    system.admin.users.suspend({ userId: other.user.id, reason }),
  ]);
  expect(results).toEqual([{ applied: false }, { applied: true }]);
  silent.clear();
  await eventually(async () => expect(await refusalOf(client.posts.list.query())).toBe(SUSPENDED));
});
