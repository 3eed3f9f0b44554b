import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { createCaller, errorReason, watchQuery } from "trpc-userdo/worker";
import { freshTitle } from "../../fixtures/announcements.js";
import type { AppRouter } from "../../fixtures/app/router.js";
import { password, signUp } from "../../fixtures/browser.js";

const callers = createCaller<AppRouter>(env.BLOG_DO);

/** The reason with which a call fails. */
const reasonOf = (call: Promise<unknown>): Promise<unknown> => call.then(() => "none", errorReason);

describe("createCaller", () => {
  it("calls procedures of the app as the system", async () => {
    const title = freshTitle();
    const { id } = await callers.asSystem().announcements.create({ title });
    expect(await callers.asSystem().announcements.byTitle({ title })).toMatchObject([{ id, title }]);
    const { caller, owner } = await callers.asSystem().announcements.whereAmI();
    expect([caller, owner]).toEqual([{ type: "system" }, { type: "app", id: "main" }]);
  });

  it("calls procedures of the app and of the user as the user, in any order", async () => {
    const { user } = await signUp();
    const asUser = callers.asUser({ userId: user.id });
    for (let count = 0; count < 2; count++) {
      expect((await asUser.announcements.whereAmI()).caller).toMatchObject({ type: "user", userId: user.id });
      expect(await asUser.posts.list()).toEqual([]);
    }
  });

  it("refuses a user who does not exist, also after the procedure is known to be the app's", async () => {
    const userId = "0123456789abcdef0123456789abcdef";
    const { user } = await signUp();
    await callers.asUser({ userId: user.id }).announcements.list();
    expect(await reasonOf(callers.asUser({ userId }).announcements.list())).toBe("USER_NOT_FOUND");
    const created = callers.asUser({ userId }).announcements.create({ title: freshTitle() });
    expect(await reasonOf(created)).toBe("USER_NOT_FOUND");
    expect(await reasonOf(callers.asUser({ userId: "no id!" }).posts.list())).toBe("USER_NOT_FOUND");
  });

  it("refuses a user as soon as the account was deleted", async () => {
    const { user, client } = await signUp();
    const asUser = callers.asUser({ userId: user.id });
    await asUser.announcements.list();
    await client.account.delete.mutate({ password });
    expect(await reasonOf(asUser.announcements.list())).toBe("USER_NOT_FOUND");
  });

  it("names the missing organization in a call as the system", async () => {
    expect(await reasonOf(callers.asSystem().projects.list({} as never))).toBe("ORGANIZATION_ID_MISSING");
    expect(await reasonOf(callers.asSystem().posts.list())).toBe("ORGANIZATION_ID_MISSING");
  });

  it("iterates changes and watches queries of the app", async () => {
    const { user } = await signUp();
    const asUser = callers.asUser({ userId: user.id });
    const title = freshTitle();
    const changes = (await asUser.announcements.titles()) as AsyncIterable<{ data: string }>;
    const watched = watchQuery(asUser.announcements.count, { title });
    const [change, count] = [changes[Symbol.asyncIterator](), watched[Symbol.asyncIterator]()];
    const first = await count.next();
    await callers.asSystem().announcements.create({ title });
    expect(await change.next()).toMatchObject({ value: { data: title } });
    expect([first.value, (await count.next()).value]).toEqual([0, 1]);
    await Promise.all([change.return?.(), count.return?.()]);
  });
});
