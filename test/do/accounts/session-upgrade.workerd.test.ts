import { env } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { signAccessToken, verifyAccessToken } from "../../../src/jwt/access-token.js";
import { becomeEarlierVersion } from "../../fixtures/earlier-version.js";
import { openBrowser, password, signUp, type Browser } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";
import { moveClock } from "../../fixtures/move-clock.js";

const refreshName = "__Host-userdo-refresh";

/** The table as the version before created it, which stored no details of sessions. */
const oldTable = `
  CREATE TABLE _sessions (
    id TEXT PRIMARY KEY,
    created_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    rotated_at INTEGER NOT NULL,
    device TEXT,
    name TEXT,
    data TEXT
  ) STRICT, WITHOUT ROWID`;

afterEach(() => void vi.useRealTimers());

function withRefreshOf({ cookies }: Browser): Browser {
  const copy = openBrowser();
  copy.cookies.set(refreshName, cookies.get(refreshName) ?? "");
  return copy;
}

const isSignedIn = async (browser: Browser) => (await codeOf(browser.client().auth.me.query())) === "none";

/**
 * Rewrites a user's sessions as the earlier version stored them the given time ago, in milliseconds, and stops the
 * object.
 */
async function downgrade(userId: string, ago = 0): Promise<void> {
  const object = env.BLOG_DO.getByName(`user:${userId}`);
  await runInDurableObject(object, (_instance, { storage: { sql } }) => {
    const rows = sql.exec("SELECT * FROM _sessions").toArray();
    sql.exec("DROP TRIGGER _session_details_delete");
    sql.exec("DROP TABLE _session_details");
    const triggers = sql
      .exec("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = '_sessions'")
      .toArray();
    sql.exec("DROP TABLE _sessions");
    sql.exec(oldTable);
    for (const row of rows) {
      sql.exec("INSERT INTO _sessions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", ...Object.values(row));
    }
    sql.exec("UPDATE _sessions SET rotated_at = rotated_at - ?", ago);
    for (const trigger of triggers) sql.exec(String(trigger["sql"]));
    becomeEarlierVersion(sql);
  });
  await evictDurableObject(object);
}

describe("a user's object of an earlier version", () => {
  it("keeps its sessions, names, data and tokens, and creates new sessions", async () => {
    const { browser, client, email, session, user } = await signUp();
    await client.sessions.rename.mutate({ id: session.id, name: "Work" });
    await client.sessions.data.set.mutate({ cart: ["a"] });
    await downgrade(user.id);
    expect(await isSignedIn(browser)).toBe(true);
    expect(await client.sessions.list.query()).toMatchObject([{ id: session.id, name: "Work" }]);
    expect(await client.sessions.data.get.query()).toMatchObject({ cart: ["a"] });
    await openBrowser().client().auth.login.mutate({ email, password });
    expect(await client.sessions.list.query()).toHaveLength(2);
    expect(await isSignedIn(withRefreshOf(browser))).toBe(true);
    // The second start has nothing to upgrade.
    await evictDurableObject(env.BLOG_DO.getByName(`user:${user.id}`));
    expect(await isSignedIn(browser)).toBe(true);
  });

  it("accepts the predecessor of a rotation within the grace period until its successor is seen", async () => {
    const { browser, client, user } = await signUp();
    const old = withRefreshOf(browser);
    await withRefreshOf(browser).client().auth.me.query();
    await downgrade(user.id);
    // Starts the object, and confirms nothing: its generation is the previous one.
    await client.auth.me.query();
    moveClock(31_000);
    expect(await isSignedIn(old)).toBe(true);
  });

  it("refuses the predecessor of an older rotation, as that version did", async () => {
    const { browser, user } = await signUp();
    const old = withRefreshOf(browser);
    await withRefreshOf(browser).client().auth.me.query();
    await downgrade(user.id, 31_000);
    expect(await isSignedIn(old)).toBe(false);
  });

  it("changes the password, and repeats an answer that was lost", async () => {
    const { browser, user } = await signUp();
    await downgrade(user.id);
    const copy = openBrowser();
    for (const [name, value] of browser.cookies) copy.cookies.set(name, value);
    const change = { currentPassword: password, newPassword: "another horse battery" };
    const first = await copy.client().auth.changePassword.mutate(change);
    expect(await browser.client().auth.changePassword.mutate(change)).toEqual(first);
    expect(await isSignedIn(browser)).toBe(true);
  });

  it("accepts its access tokens, which contain no generation and confirm none", async () => {
    const { browser, session, user } = await signUp();
    const old = withRefreshOf(browser);
    const after = withRefreshOf(browser);
    await after.client().auth.me.query();
    const options = { secrets: { current: env.JWT_SECRET }, audience: "BLOG_DO" };
    const claims = { userId: user.id, sessionId: session.id };
    const token = await signAccessToken(claims, { ...options, expiresAt: Date.now() + 60_000 });
    expect(await verifyAccessToken(token, options)).toEqual({ ...claims, expiresAt: expect.any(Number) });
    const plain = openBrowser();
    plain.cookies.set("__Host-userdo-access", token);
    expect(await isSignedIn(plain)).toBe(true);
    moveClock(31_000);
    expect(await isSignedIn(old)).toBe(true);
  });
});

describe("the version before after a rollback", () => {
  /** The statements that that version executes for a sign-in and for a refresh. */
  const oldInsert = "INSERT INTO _sessions VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?, ?)";
  const oldRenewal = "UPDATE _sessions SET generation = generation + 1, rotated_at = ? WHERE id = ?";

  it("stores and deletes sessions, and leaves nothing of them", async () => {
    const { browser, client, session, user } = await signUp();
    await withRefreshOf(browser).client().auth.me.query();
    const object = env.BLOG_DO.getByName(`user:${user.id}`);
    const details = () =>
      runInDurableObject(object, (_instance, { storage: { sql } }) =>
        sql.exec("SELECT session_id, unseen FROM _session_details").toArray(),
      );
    expect(await details()).toEqual([{ session_id: session.id, unseen: 1 }]);
    await runInDurableObject(object, (_instance, { storage: { sql } }) => {
      const now = Date.now();
      sql.exec(oldInsert, "ab".repeat(16), now, now, now + 60_000, now + 60_000, now, null, null, null);
    });
    await evictDurableObject(object);
    expect(await client.sessions.list.query()).toHaveLength(2);
    await runInDurableObject(object, (_instance, { storage: { sql } }) => void sql.exec("DELETE FROM _sessions"));
    expect(await details()).toEqual([]);
  });

  it("does not accept a predecessor that was replaced there more than thirty seconds ago", async () => {
    const { browser, session, user } = await signUp();
    const renewed = withRefreshOf(browser);
    await renewed.client().auth.me.query();
    const object = env.BLOG_DO.getByName(`user:${user.id}`);
    await runInDurableObject(object, (_instance, { storage: { sql } }) => {
      sql.exec(oldRenewal, Date.now() - 31_000, session.id);
    });
    await evictDurableObject(object);
    expect(await isSignedIn(withRefreshOf(renewed))).toBe(false);
  });
});
