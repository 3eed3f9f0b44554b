import { env } from "cloudflare:workers";
import { createCaller } from "trpc-userdo/worker";
import { beforeAll, describe, expect, it } from "vitest";
import { randomId } from "../../../src/shared/random-id.js";
import type { AppRouter } from "../../fixtures/app/router.js";
import { copyBrowser, openBrowser, password, signUp } from "../../fixtures/browser.js";
import { signUpVerified, storesAnything } from "../../fixtures/organizations.js";
import { overHttp, overRpc, overSocket, type Transport } from "../../fixtures/transports.js";
import { refusalOf, SUSPENDED } from "./operate.js";

type Account = Awaited<ReturnType<typeof signUp>>;

const system = createCaller<AppRouter>(env.BLOG_DO).asSystem();
const reason = "Ticket 4711";
const MISSING = "FORBIDDEN MISSING_PERMISSION";

async function withRole(role: string): Promise<Account> {
  const account = await signUp();
  await system.admin.roles.assign({ userId: account.user.id, role, reason });
  return account;
}

const entriesAbout = async (targetId: string) => {
  const { items } = await system.admin.audit.list({ targetId });
  return items.map(({ action, outcome, failure, actor, reason: given }) => ({
    action,
    outcome,
    failure,
    actor,
    given,
  }));
};

/** All procedures that act on a user, with their inputs. */
const actions: readonly (readonly [path: string, kind: "query" | "mutate", input: (userId: string) => object])[] = [
  ["admin.users.get", "query", (userId) => ({ userId })],
  ["admin.users.suspend", "mutate", (userId) => ({ userId, reason })],
  ["admin.users.unsuspend", "mutate", (userId) => ({ userId, reason })],
  ["admin.users.revokeSessions", "mutate", (userId) => ({ userId, reason })],
  ["admin.users.sendPasswordReset", "mutate", (userId) => ({ userId, reason })],
  ["admin.users.resendVerification", "mutate", (userId) => ({ userId, reason })],
  ["admin.users.delete", "mutate", (userId) => ({ userId, reason })],
  ["admin.users.export", "mutate", (userId) => ({ userId, reason })],
  ["admin.users.retryDeadLetter", "mutate", (userId) => ({ userId, reason, id: "mail 1" })],
  ["admin.users.restore", "mutate", (userId) => ({ userId, reason, at: new Date() })],
  ["admin.organizations.get", "query", (id) => ({ id })],
  ["admin.organizations.restore", "mutate", (id) => ({ id, reason, at: new Date() })],
  ["admin.organizations.delete", "mutate", (id) => ({ id, reason })],
];

let operator: Account;

beforeAll(async () => {
  operator = await withRole("superadmin");
});

describe.each(actions)("%s", (path, kind, input) => {
  it("refuses everybody without its permission, over every transport, and records it", async () => {
    const caller = await signUp();
    const target = await signUp();
    const transports: Transport[] = [
      ...(["single", "batch", "batch-stream"] as const).map((name) => overHttp(copyBrowser(caller.browser), name)),
      overRpc(caller.user.id),
      await overSocket(copyBrowser(caller.browser), "/trpc?app"),
    ];
    for (const transport of transports)
      expect(await refusalOf(transport[kind](path, input(target.user.id))), transport.name).toBe(MISSING);
    const { items } = await system.admin.audit.list({ actorId: caller.user.id });
    expect(items.map(({ action, outcome, target: about }) => [action, outcome, about?.id])).toEqual(
      transports.map(() => ["permission.denied", "denied", path]),
    );
    expect(await refusalOf(overHttp(openBrowser(), "batch")[kind](path, input(target.user.id)))).toMatch(
      /^UNAUTHORIZED/,
    );
    expect((await target.client.auth.me.query()).user.id).toBe(target.user.id);
  });

  it("does not find an id that does not exist, and creates nothing for it", async () => {
    const id = randomId();
    const call = overHttp(copyBrowser(operator.browser), "batch")[kind](path, input(id));
    expect(await refusalOf(call)).toMatch(/^NOT_FOUND (USER|ORGANIZATION)_NOT_FOUND$/);
    expect([await storesAnything(`user:${id}`), await storesAnything(`organization:${id}`)]).toEqual([false, false]);
    const [entry] = await entriesAbout(id);
    if (kind === "mutate") expect(entry).toMatchObject({ outcome: "failed", given: reason });
  });

  it.each(["", "user:a", "../x", "a".repeat(129)])("rejects %j as an id", async (id) => {
    const call = overHttp(copyBrowser(operator.browser), "batch")[kind](path, input(id));
    expect(await refusalOf(call)).toMatch(/^BAD_REQUEST/);
  });
});

describe("a socket of the app's object", () => {
  const others: readonly (readonly [path: string, kind: "query" | "mutate", input: object])[] = [
    ["admin.users.list", "query", {}],
    ["admin.users.count", "query", {}],
    ["admin.users.findByEmail", "query", { email: "ada@example.com" }],
    ["admin.organizations.list", "query", {}],
    ["admin.schema.status", "query", {}],
    ["admin.directory.rebuild", "mutate", { reason }],
    ["admin.roles.list", "query", {}],
    ["admin.roles.create", "mutate", { name: "own", permissions: ["user:read"] }],
    ["admin.roles.update", "mutate", { name: "own", permissions: ["user:read"] }],
    ["admin.roles.delete", "mutate", { name: "own" }],
    ["admin.roles.assign", "mutate", { userId: "ada", role: "superadmin", reason }],
    ["admin.roles.unassign", "mutate", { userId: "ada", role: "superadmin", reason }],
    ["admin.audit.list", "query", {}],
  ];

  it("refuses the other procedures of operators to other users, and records it", async () => {
    const caller = await signUp();
    const socket = await overSocket(caller.browser, "/trpc?app");
    for (const [path, kind, input] of others) expect(await refusalOf(socket[kind](path, input)), path).toBe(MISSING);
    const { items } = await system.admin.audit.list({ actorId: caller.user.id });
    expect(items.map(({ outcome, target }) => [outcome, target?.id])).toEqual(
      others.map(([path]) => ["denied", path]).toReversed(),
    );
  });
});

describe("an operator", () => {
  it("suspends a user until a time, who is then refused, and ends the suspension", async () => {
    const { email, user, client } = await signUp();
    const until = new Date(Date.now() + 60 * 60_000);
    expect(await operator.client.admin.users.suspend.mutate({ userId: user.id, reason, until })).toEqual({
      applied: true,
    });
    expect(await refusalOf(client.posts.list.query())).toBe(SUSPENDED);
    expect(await operator.client.admin.users.get.query({ userId: user.id })).toMatchObject({
      user: { id: user.id, email },
      status: "suspended",
      suspension: { reason, until },
      roles: ["member"],
      sessions: [],
    });
    await operator.client.admin.users.unsuspend.mutate({ userId: user.id, reason });
    await openBrowser().client().auth.login.mutate({ email, password });
    const actor = { type: "user", id: operator.user.id };
    expect(await entriesAbout(user.id)).toEqual([
      { action: "user.unsuspend", outcome: "ok", failure: undefined, actor, given: reason },
      { action: "user.suspend", outcome: "ok", failure: undefined, actor, given: reason },
    ]);
  });

  it.each([new Date(0), new Date(Date.now() - 1), new Date(8.64e15)])(
    "cannot suspend a user until %s",
    async (until) => {
      const { user } = await signUp();
      expect(await refusalOf(operator.client.admin.users.suspend.mutate({ userId: user.id, reason, until }))).toMatch(
        /^BAD_REQUEST/,
      );
    },
  );

  it("has to give a reason", async () => {
    const { user } = await signUp();
    for (const given of ["", "   ", "x".repeat(501)])
      expect(await refusalOf(operator.client.admin.users.delete.mutate({ userId: user.id, reason: given }))).toMatch(
        /^BAD_REQUEST/,
      );
  });

  it("has one effect and one entry with twenty repeats of a call", async () => {
    const { user } = await signUp();
    const keyed = createCaller<AppRouter>(env.BLOG_DO, { idempotencyKey: randomId() }).asSystem();
    const repeat = () => createCaller<AppRouter>(env.BLOG_DO, { idempotencyKey: key }).asSystem();
    const key = randomId();
    await keyed.admin.users.revokeSessions({ userId: user.id, reason });
    await Promise.all(Array.from({ length: 20 }, () => repeat().admin.users.suspend({ userId: user.id, reason })));
    expect((await entriesAbout(user.id)).map(({ action }) => action)).toEqual(["user.suspend", "user.revokeSessions"]);
  });

  it("exports all data of a user page by page, and records each page", async () => {
    const { client, user } = await signUp();
    for (let count = 0; count < 3; count++) await client.posts.create.mutate({ title: `post ${count}`, body: "" });
    await client.kv.set.mutate({ key: "a key", value: 1 });
    const types: string[] = [];
    let pages = 0;
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page = await operator.client.admin.users.export.mutate({ userId: user.id, reason, cursor });
      types.push(...page.items.map(({ type }) => type));
      pages++;
      cursor = page.nextCursor;
    }
    // The sign-up, and the pages of this export before the one with the log.
    const audit = Array.from({ length: pages }, () => "audit");
    expect(types).toEqual(["account", "session", "row", "row", "row", "key", ...audit]);
    expect((await entriesAbout(user.id)).map(({ action }) => action)).toEqual(Array(pages).fill("user.export"));
    const { items } = await client.account.audit.list.query({});
    expect(items.map(({ action }) => action)).toContain("operator.export");
    const begun = operator.client.admin.users.export.mutate({ userId: user.id, reason, cursor: "row posts " });
    expect((await begun).items.length).toBeGreaterThan(0);
    expect((await entriesAbout(user.id)).map(({ action }) => action)).toEqual(Array(pages + 1).fill("user.export"));
    const own = await client.account.audit.list.query({});
    expect(own.items.filter(({ action }) => action === "operator.export")).toHaveLength(pages + 1);
    const invalid = operator.client.admin.users.export.mutate({ userId: user.id, reason, cursor: "row secrets x" });
    expect(await refusalOf(invalid)).toBe("BAD_REQUEST CURSOR_INVALID");
  });

  it("describes and deletes an organization", async () => {
    const ada = await signUpVerified();
    const { id: organizationId } = await ada.client.organizations.create.mutate({ name: "Acme" });
    const described = await operator.client.admin.organizations.get.query({ id: organizationId });
    expect(described).toMatchObject({
      organization: { id: organizationId, name: "Acme" },
      members: [{ userId: ada.user.id, role: "owner" }],
      pendingInvitations: 0,
    });
    await operator.client.admin.organizations.delete.mutate({ id: organizationId, reason });
    expect(await refusalOf(ada.client.projects.list.query({ organizationId }))).toBe("FORBIDDEN NOT_A_MEMBER");
    expect(await ada.client.organizations.list.query()).toEqual([]);
    expect((await entriesAbout(organizationId)).map(({ action }) => action)).toEqual(["organization.delete"]);
  });

  it("cannot take anything from a user with a permission that they lack", async () => {
    await system.admin.roles
      .create({
        name: "helpdesk",
        permissions: ["user:read", "user:suspend", "user:session", "user:delete", "user:export"],
      })
      .catch(() => {});
    const support = await withRole("helpdesk");
    const other = await withRole("superadmin");
    const on = { userId: other.user.id, reason };
    const { users } = support.client.admin;
    for (const call of [users.suspend, users.unsuspend, users.revokeSessions, users.delete, users.export])
      expect(await refusalOf(call.mutate(on))).toBe(MISSING);
    expect((await other.client.auth.me.query()).user.id).toBe(other.user.id);
    const entries = (await entriesAbout(other.user.id)).filter(({ action }) => action.startsWith("user."));
    expect(entries.map(({ outcome }) => outcome)).toEqual(Array(5).fill("denied"));
    const member = await signUp();
    expect(await users.suspend.mutate({ userId: member.user.id, reason })).toEqual({ applied: true });
  });

  it("who is suspended can do nothing more, also through a server caller", async () => {
    const suspended = await withRole("superadmin");
    const { user } = await signUp();
    await suspended.client.admin.users.get.query({ userId: user.id });
    await operator.client.admin.users.suspend.mutate({ userId: suspended.user.id, reason });
    const copy = copyBrowser(suspended.browser).client();
    expect(await refusalOf(suspended.client.admin.users.get.query({ userId: user.id }))).toBe(SUSPENDED);
    expect(await refusalOf(copy.admin.users.suspend.mutate({ userId: user.id, reason }))).toBe(SUSPENDED);
    expect(await refusalOf(overRpc(suspended.user.id).mutate("admin.users.delete", { userId: user.id, reason }))).toBe(
      SUSPENDED,
    );
  });
});
