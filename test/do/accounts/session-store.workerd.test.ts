import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { withDefaults } from "../../../src/do/accounts/sessions/session-options.js";
import { sessionSchema, sessionDetailSchema } from "../../../src/do/accounts/sessions/session-row.js";
import { createSessionStore, type SessionStore } from "../../../src/do/accounts/sessions/session-store.js";
import { openBrowser, password, signUp } from "../../fixtures/browser.js";

/** A session store in an empty object. */
function withStore(work: (store: SessionStore) => void, limit = 3): Promise<void> {
  const object = env.BARE_DO.getByName(crypto.randomUUID());
  return runInDurableObject(object, (_instance, { storage }) => {
    for (const statement of [sessionSchema, ...sessionDetailSchema]) storage.sql.exec(statement);
    work(createSessionStore(storage.sql, withDefaults({ limit })));
  });
}

describe("the limit of sessions", () => {
  it("ends the session that was seen longest ago, never the new one", () =>
    withStore((store) => {
      const [first, second, third] = [1, 2, 3].map((now) => store.create(now, undefined));
      store.touch(first!, 10 * 60_000);
      expect(store.deleteExcess(third!.id)).toEqual([]);
      const fourth = store.create(4, undefined);
      expect(store.deleteExcess(fourth.id)).toEqual([second!.id]);
      expect(store.list(5).map(({ id }) => id)).toEqual([first!.id, fourth.id, third!.id]);
      // All at the same moment, because the clock stands still.
      const fifth = store.create(0, undefined);
      expect(store.deleteExcess(fifth.id)).toEqual([third!.id]);
      expect(store.findActive(fifth.id, 0)).toEqual(fifth);
    }));

  it("ends the oldest session at the fifty-first sign-in", async () => {
    const { client, email, user, session } = await signUp();
    await runInDurableObject(env.BLOG_DO.getByName(`user:${user.id}`), (_instance, { storage }) => {
      const store = createSessionStore(storage.sql, withDefaults());
      for (let count = 1; count < 50; count++) store.create(Date.now() + count, undefined);
    });
    await openBrowser().client().auth.login.mutate({ email, password });
    await expect(client.auth.me.query()).rejects.toThrow("Your session has ended");
    await runInDurableObject(env.BLOG_DO.getByName(`user:${user.id}`), (_instance, { storage }) => {
      const ids = storage.sql.exec("SELECT id FROM _sessions").toArray();
      expect(ids).toHaveLength(50);
      expect(ids).not.toContainEqual({ id: session.id });
    });
  });

  it("refuses at start options that are not whole numbers above zero", () => {
    expect(() => withDefaults({ limit: 0 })).toThrow("session.limit");
    expect(() => withDefaults({ idle: Number.NaN })).toThrow("session.idle");
    expect(() => withDefaults({ accessToken: 86_401 })).toThrow("session.accessToken");
  });
});

describe("a new session id at a change of privilege", () => {
  it("keeps device, name, data and last day, and invalidates the old id and its tokens", () =>
    withStore((store) => {
      const session = store.create(1, "Firefox on Windows");
      store.rename(session.id, "Work", 1);
      store.writeData(session.id, '{"cart":1}');
      store.rotate(session.id, 0, 2);
      const next = store.replace(session.id, 3);
      expect(next).toEqual({
        ...session,
        id: expect.stringMatching(/^[0-9a-f]{32}$/),
        name: "Work",
        // No client has presented its tokens yet.
        seen: -1,
        replaces: session.id,
        rotatedAt: 3,
        lastSeenAt: 3,
        expiresAt: 2 + 7 * 24 * 60 * 60_000,
      });
      expect(next!.id).not.toBe(session.id);
      expect(store.findActive(next!.id, 3)).toEqual(next);
      expect(store.readData(next!.id)).toBe('{"cart":1}');
      expect(store.findActive(session.id, 3)).toBeUndefined();
      expect(store.rotate(session.id, 1, 3)).toBeUndefined();
      expect(store.replace(session.id, 3)).toBeUndefined();
    }));

  it("is found by the old id until a client presents a token of it", () =>
    withStore((store) => {
      const session = store.create(1, undefined);
      const next = store.replace(session.id, 2)!;
      expect(store.successorOf(session.id, 60_000)).toEqual(next);
      expect(store.wasReplaced(session.id, 60_000)).toBe(true);
      expect(store.successorOf(next.id, 60_000)).toBeUndefined();
      store.confirm(next, 0);
      expect(store.successorOf(session.id, 60_000)).toBeUndefined();
      expect(store.wasReplaced(session.id, 30_000)).toBe(true);
      expect(store.wasReplaced(session.id, 60_000)).toBe(false);
      expect(store.findActive(next.id, 60_000)).toEqual({ ...next, seen: 0 });
    }));

  it("is not found once it has expired, was replaced itself, or was deleted", () =>
    withStore((store) => {
      const session = store.create(1, undefined);
      const next = store.replace(session.id, 2)!;
      expect(store.successorOf(session.id, next.expiresAt)).toBeUndefined();
      const last = store.replace(next.id, 3)!;
      expect(store.successorOf(session.id, 3)).toBeUndefined();
      expect(store.successorOf(next.id, 3)).toEqual(last);
      store.delete(last.id);
      expect(store.successorOf(next.id, 3)).toBeUndefined();
    }));
});
