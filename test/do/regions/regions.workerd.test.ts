import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { decodeJwt } from "jose";
import { createCaller, createLoadSession, getUserDO } from "trpc-userdo/worker";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { emailObjectAddress } from "../../../src/shared/email-object-address.js";
import { choices, hints, lost, type RegionsRouter } from "../../fixtures/app/regions.js";
import { freshEmail, openBrowser, password } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";
import { eventually } from "../../fixtures/eventually.js";
import { tokenTo } from "../../fixtures/mail.js";
import {
  countTables,
  openBrowserIn,
  regionsClient,
  regionsObject,
  signUpIn,
  type Resident,
} from "../../fixtures/regions.js";
import { openSocket } from "../../fixtures/socket.js";

const caller = createCaller<RegionsRouter>(env.REGIONS_DO, { appJurisdiction: "eu" });

beforeEach(() => {
  choices.created.length = 0;
  choices.organization = undefined;
  lost.clear();
  vi.useRealTimers();
});

const signIn = async ({ email }: Pick<Resident, "email">, secret = password) => {
  const browser = openBrowser();
  const client = regionsClient(browser);
  const { user } = await client.auth.login.mutate({ email, password: secret });
  return { browser, client, user };
};

async function verify({ client, email }: Resident): Promise<void> {
  await client.auth.verifyEmail.mutate({ token: await tokenTo(email, "verifyEmail") });
}

describe("the jurisdiction of a user", () => {
  it.each([
    ["eu", "DE", /^eu_[0-9a-f]{32}$/],
    ["us", "US", /^us_[0-9a-f]{32}$/],
    [undefined, "JP", /^[0-9a-f]{32}$/],
  ] as const)("is chosen from the country of the sign-up: %s in %s", async (jurisdiction, country, id) => {
    const { user, client, email } = await signUpIn({ country });
    expect(user.id).toMatch(id);
    expect(choices.created).toMatchObject([
      { type: "user", request: { hostname: "blog.example.com", cf: { country } }, profile: {} },
    ]);
    await client.notes.create.mutate("a");
    const object = { type: "user", id: user.id } as const;
    expect(await countTables(regionsObject(object, jurisdiction))).toBeGreaterThan(5);
    const address = await emailObjectAddress(env.INDEX_SECRET, email);
    expect(await countTables(regionsObject(address, "eu"))).toBeGreaterThan(0);
  });

  it("is chosen from the profile, as the app's function decides", async () => {
    expect((await signUpIn({ country: "JP" }, { region: "US" })).user.id).toMatch(/^us_/);
  });

  it("is the same for a form without JavaScript", async () => {
    const browser = openBrowserIn({ country: "DE" });
    const body = new URLSearchParams({ email: freshEmail(), password });
    const response = await browser.fetch("/regions/form/signup", { method: "POST", body, redirect: "manual" });
    expect(response.status).toBe(303);
    expect((await regionsClient(browser).auth.me.query()).user.id).toMatch(/^eu_/);
  });

  it("stays for sign-ins from elsewhere, tokens, renewed sessions and password resets", async () => {
    const resident = await signUpIn({ country: "DE" });
    await resident.client.notes.create.mutate("a");
    const elsewhere = await signIn(resident);
    expect(elsewhere.user.id).toBe(resident.user.id);
    expect(await elsewhere.client.notes.list.query()).toEqual(["a"]);
    expect(await codeOf(signIn(resident, "wrong horse battery"))).toBe("UNAUTHORIZED");
    const access = elsewhere.browser.cookies.get("__Host-userdo-access") ?? "";
    expect(decodeJwt(access).sub).toBe(resident.user.id);

    elsewhere.browser.cookies.delete("__Host-userdo-access");
    expect(await elsewhere.client.notes.list.query()).toEqual(["a"]);

    await elsewhere.client.auth.requestPasswordReset.mutate({ email: resident.email });
    const token = await tokenTo(resident.email, "resetPassword");
    await elsewhere.client.auth.resetPassword.mutate({ token, password: "another horse battery" });
    expect((await signIn(resident, "another horse battery")).user.id).toBe(resident.user.id);
    expect(choices.created).toHaveLength(1);
  });

  it("stays when the email address changes, and the old one is free again", async () => {
    const resident = await signUpIn({ country: "US" });
    const email = freshEmail();
    await resident.client.auth.changeEmail.mutate({ email, password });
    await resident.client.auth.confirmEmailChange.mutate({ token: await tokenTo(email, "changeEmail") });
    expect((await signIn({ email })).user.id).toBe(resident.user.id);
    const next = await eventually(() => signUpIn({ country: "DE" }, { email: resident.email }));
    expect(next.user.id).toMatch(/^eu_/);
  });

  it("ends with the account: the address can then sign up elsewhere", async () => {
    const resident = await signUpIn({ country: "US" });
    const records: unknown[] = [];
    for await (const record of await caller.asUser({ userId: resident.user.id }).account.export()) records.push(record);
    expect(JSON.stringify(records)).toContain(resident.user.id);
    await resident.client.account.delete.mutate({ password });
    expect(await countTables(regionsObject({ type: "user", id: resident.user.id }, "us"))).toBe(0);
    const next = await eventually(() => signUpIn({ country: "JP" }, { email: resident.email }));
    expect(next.user.id).toMatch(/^[0-9a-f]{32}$/);
  });

  it("is that of the app for an unknown address, with which a sign-in fails like with a wrong password", async () => {
    expect(await codeOf(signIn({ email: freshEmail() }))).toBe("UNAUTHORIZED");
    expect(await codeOf(signIn({ email: freshEmail() }))).toBe("UNAUTHORIZED");
  });
});

describe("sockets", () => {
  it("reach users of several jurisdictions, with cookies and with tickets", async () => {
    for (const country of ["DE", "US", "JP"]) {
      const { browser, client } = await signUpIn({ country });
      await client.notes.create.mutate(country);
      const query = { id: 1, method: "query", params: { path: "notes.list" } };
      const socket = await openSocket(browser, "/regions");
      socket.send(query);
      expect((await socket.until(1))[0]).toMatchObject({ id: 1, result: { data: { json: [country] } } });
      const { ticket } = await client.auth.socketTicket.mutate();
      const other = await openSocket({ cookies: new Map() }, `/regions?ticket=${ticket}`);
      other.send(query);
      expect((await other.until(1))[0]).toMatchObject({ id: 1, result: { data: { json: [country] } } });
    }
  });
});

describe("organizations", () => {
  it("have the jurisdiction of their creator, and members of others", async () => {
    const owner = await signUpIn({ country: "DE" });
    const member = await signUpIn({ country: "US" });
    await verify(member);
    const { id: organizationId } = await owner.client.organizations.create.mutate({ name: "Acme" });
    expect(organizationId).toMatch(/^eu_[0-9a-f]{32}$/);
    expect(choices.created.at(-1)).toMatchObject({
      type: "organization",
      user: { id: owner.user.id, email: owner.email },
      jurisdiction: "eu",
    });
    expect(await countTables(regionsObject({ type: "organization", id: organizationId }, "eu"))).toBeGreaterThan(5);
    expect(hints.get(`eu/organization:${organizationId}`)).toBe("enam");

    await owner.client.organizations.invitations.create.mutate({ organizationId, email: member.email, role: "member" });
    const invitationId = await eventually(async () => {
      const [invitation] = await member.client.organizations.list.query();
      if (invitation?.status !== "invited") throw new Error("There is no invitation yet.");
      return invitation.invitationId;
    });
    await member.client.organizations.invitations.accept.mutate({ invitationId });
    await member.client.shared.create.mutate({ organizationId, text: "from the other side" });
    expect(await owner.client.shared.list.query({ organizationId })).toEqual(["from the other side"]);

    const socket = await openSocket(member.browser, `/regions?organizationId=${organizationId}`);
    socket.send({ id: 1, method: "query", params: { path: "shared.list", input: { json: { organizationId } } } });
    expect((await socket.until(1))[0]).toMatchObject({ result: { data: { json: ["from the other side"] } } });

    expect(await caller.asSystem().shared.list({ organizationId })).toHaveLength(1);
    expect(await caller.asUser({ userId: member.user.id }).shared.list({ organizationId })).toHaveLength(1);

    await owner.client.organizations.members.remove.mutate({ organizationId, userId: member.user.id });
    expect(await codeOf(member.client.shared.list.query({ organizationId }))).toBe("FORBIDDEN");
    await owner.client.organizations.delete.mutate({ organizationId });
    expect(await codeOf(owner.client.shared.list.query({ organizationId }))).toBe("FORBIDDEN");
  });

  it("have the jurisdiction that the app chooses, also if a repeated call would choose another", async () => {
    const { user } = await signUpIn({ country: "DE" });
    choices.organization = "us";
    const create = () =>
      createCaller<RegionsRouter>(env.REGIONS_DO, { idempotencyKey: user.id })
        .asUser({ userId: user.id })
        .organizations.create({ name: "Acme" });
    const first = await create();
    expect(first.id).toMatch(/^us_/);
    choices.organization = "eu";
    expect((await create()).id).toBe(first.id);
    // As after a crash before the reply was stored.
    await runInDurableObject(regionsObject({ type: "user", id: user.id }, "eu"), (_instance, { storage }) => {
      for (const { name } of storage.sql.exec("SELECT name FROM sqlite_master WHERE type = 'table'").toArray())
        if (String(name).startsWith("_idempot")) storage.sql.exec(`DELETE FROM "${String(name)}"`);
    });
    expect((await create()).id).toBe(first.id);
    expect(await caller.asUser({ userId: user.id }).organizations.list()).toHaveLength(1);
  });
});

describe("the functions of the app", () => {
  it.each([
    [{ country: "XX" }, /`jurisdiction` returned "mars", which is not one of "eu", "us", "fedramp", "fedramp-high"/],
    [{ country: "DE", continent: "??" }, /`locationHint` returned "moon", which is not one of "wnam"/],
  ] as const)("that return an unknown value fail the sign-up before anything is stored: %j", async (cf, message) => {
    const email = freshEmail();
    await expect(signUpIn(cf, { email })).rejects.toMatchObject({
      message: expect.stringMatching(message) as string,
      data: { code: "INTERNAL_SERVER_ERROR", reason: "CONFIGURATION_INVALID" },
    });
    const address = await emailObjectAddress(env.INDEX_SECRET, email);
    expect(await countTables(regionsObject(address, "eu"))).toBe(0);
    expect((await signUpIn({ country: "DE" }, { email })).user.id).toMatch(/^eu_/);
  });

  it("can refuse a sign-up", async () => {
    const email = freshEmail();
    await expect(signUpIn({ country: "KP" }, { email })).rejects.toMatchObject({
      message: "Not in your country.",
      data: { code: "FORBIDDEN" },
    });
    const address = await emailObjectAddress(env.INDEX_SECRET, email);
    expect(await countTables(regionsObject(address, "eu"))).toBe(0);
  });

  it("that return an unknown value for an organization store nothing", async () => {
    const { client } = await signUpIn({ country: "DE" });
    choices.organization = "mars" as never;
    await expect(client.organizations.create.mutate({ name: "Acme" })).rejects.toMatchObject({
      data: { reason: "CONFIGURATION_INVALID" },
    });
    expect(await client.organizations.list.query()).toEqual([]);
  });

  it("choose the region in which the user's object is created", async () => {
    const { user } = await signUpIn({ country: "US", continent: "OC" });
    expect(hints.get(`us/user:${user.id}`)).toBe("oc");
  });
});

describe("a sign-up after an interrupted one", () => {
  it("waits if the other may still create an account in another jurisdiction", async () => {
    const email = freshEmail();
    lost.add("createAccount");
    expect(await codeOf(signUpIn({ country: "DE" }, { email }))).toBe("INTERNAL_SERVER_ERROR");
    lost.clear();
    await expect(signUpIn({ country: "US" }, { email })).rejects.toMatchObject({
      data: { code: "SERVICE_UNAVAILABLE", reason: "SIGN_UP_PENDING", retryAfter: 60 },
    });
    expect((await signUpIn({ country: "DE" }, { email })).user.id).toMatch(/^eu_/);
  });

  it("chooses another id once the reservation has expired", async () => {
    const email = freshEmail();
    lost.add("createAccount");
    expect(await codeOf(signUpIn({ country: "DE" }, { email }))).toBe("INTERNAL_SERVER_ERROR");
    lost.clear();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 61_000 });
    expect((await signUpIn({ country: "US" }, { email })).user.id).toMatch(/^us_/);
  });
});

describe("server-side calls", () => {
  it("reach users, the app and the directory", async () => {
    const [european, american] = [await signUpIn({ country: "DE" }), await signUpIn({ country: "US" })];
    await caller.asUser({ userId: american.user.id }).notes.create("from a Worker");
    expect(await american.client.notes.list.query()).toEqual(["from a Worker"]);
    expect(await getUserDO(env.REGIONS_DO, { userId: american.user.id }).countNotes()).toBe(1);
    await caller.asSystem().notices.create("for all");
    expect(await european.client.notices.list.query()).toContain("for all");
    for (const { user, email } of [european, american]) {
      await eventually(async () => {
        const { items } = await caller.asSystem().admin.users.list({ search: email });
        expect(items).toMatchObject([{ id: user.id, email }]);
      });
      expect(await caller.asSystem().admin.users.get({ userId: user.id })).toMatchObject({ user: { id: user.id } });
    }
    await caller.asSystem().admin.users.suspend({ userId: american.user.id, reason: "A test." });
    expect(await codeOf(american.client.notes.list.query())).toBe("FORBIDDEN");
  });

  it("fail with the setting's name if the caller does not have it, and store nothing", async () => {
    const without = createCaller<RegionsRouter>(env.REGIONS_DO);
    const other = createCaller<RegionsRouter>(env.REGIONS_DO, { appJurisdiction: "us" });
    for (const each of [without, other]) {
      await expect(each.asSystem().notices.create("lost")).rejects.toThrow('`appJurisdiction` is "eu"');
    }
    // Calls to users do not need it.
    const { user } = await signUpIn({ country: "US" });
    expect(await without.asUser({ userId: user.id }).notes.list()).toEqual([]);
  });

  it("load sessions, with and without the secret of the app", async () => {
    const { browser, user } = await signUpIn({ country: "US" });
    const loadSession = createLoadSession<RegionsRouter>({ binding: "REGIONS_DO" });
    const cookie = Array.from(browser.cookies, (pair) => pair.join("=")).join("; ");
    const { REGIONS_DO, JWT_SECRET } = env;
    for (const bindings of [{ REGIONS_DO }, { REGIONS_DO, JWT_SECRET }]) {
      for (const sent of [cookie, cookie.replace(/__Host-userdo-access=[^;]*; /, "")]) {
        const request = new Request("https://blog.example.com/", { headers: { cookie: sent } });
        expect(await loadSession(request, bindings)).toMatchObject({ user: { id: user.id } });
      }
    }
  });

  it("fail for an object that was addressed outside its jurisdiction", async () => {
    const { user } = await signUpIn({ country: "US" });
    const count = async (): Promise<number> => env.REGIONS_DO.getByName(`user:${user.id}`).countNotes();
    await expect(count()).rejects.toThrow("The jurisdiction of the object is none, and that of its id");
  });
});
