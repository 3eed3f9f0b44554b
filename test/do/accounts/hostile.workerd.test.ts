import { env } from "cloudflare:workers";
import { listDurableObjectIds, runInDurableObject } from "cloudflare:test";
import superjson from "superjson";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { createCaller } from "../../../src/worker/create-caller.js";
import { freshEmail, openBrowser, password, signUp } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";
import { openSocket, subscribe, type Frame, type RawSocket } from "../../fixtures/socket.js";
import { mailsTo } from "../../fixtures/app/mailbox.js";
import type { AppRouter } from "../../fixtures/app/router.js";

const caller = createCaller<AppRouter>(env.BLOG_DO);

type Someone = Awaited<ReturnType<typeof signUp>>;
let ada: Someone;
let bob: Someone;
let socket: RawSocket;

beforeAll(async () => {
  [ada, bob] = [await signUp(), await signUp()];
  socket = await openSocket(ada.browser);
});

afterEach(() => vi.restoreAllMocks());

let frameId = 0;

/** Ada calls over her socket. */
async function overSocket(method: "query" | "mutation", path: string, input?: unknown): Promise<Frame> {
  const id = ++frameId;
  socket.send({ id, method, params: { path, input: superjson.serialize(input) } });
  return vi.waitFor(() => {
    const answer = socket.frames.find((frame) => frame.id === id);
    if (!answer) throw new Error("No answer yet.");
    return answer;
  });
}

const codeIn = (frame: Frame) => frame.error?.json.data.code ?? "none";

/** Posts a form, and answers what it led to: the code of the error, or "none". */
async function overForm(name: "signup" | "login", fields: Record<string, string>): Promise<string> {
  const response = await openBrowser().fetch(`/trpc/form/${name}`, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams(fields).toString(),
    redirect: "manual",
  });
  const location = new URL(response.headers.get("location") ?? "https://x/?error=NONE");
  return location.searchParams.get("error") ?? "none";
}

/** The names of objects that hold anything. */
async function objectsWithStorage(): Promise<number> {
  let holding = 0;
  for (const id of await listDurableObjectIds(env.BLOG_DO)) {
    await runInDurableObject(env.BLOG_DO.get(id), (_instance, { storage }) => {
      if (storage.sql.exec("SELECT 1 FROM sqlite_master WHERE name = '_object'").toArray().length > 0) holding++;
    }).catch(() => {});
  }
  return holding;
}

describe("addresses", () => {
  const noAddress = {
    "a Kelvin sign": "\u212Aate@example.com",
    "a dotless i": "\u0131rene@example.com",
    "a dotted capital I": "\u0130rene@example.com",
    "a long s": "ro\u017Fe@example.com",
    "a full-width at sign": "a\uFF20example.com",
    "a full-width letter": "\uFF41@example.com",
    quotes: '"a b"@example.com',
    "two lines": "a@example.com\r\nBcc: b@example.com",
    "255 characters": `${"a".repeat(243)}@example.com`,
    "a NUL": "a\u0000@example.com",
    "a lone surrogate": "a\uD800@example.com",
    "a trailing dot": "a.@example.com",
    "two at signs": "a@b@example.com",
    "a display name": "Ada <ada@example.com>",
    "a path in its domain": "ada@example.com/x",
    "a port in its domain": "ada@example.com:80",
    "no text": "",
  };

  it.each(Object.entries(noAddress))(
    "A2 A14 hostile 71: %s is none, on every road, and stores nothing",
    async (_name, email) => {
      const before = await objectsWithStorage();
      const stranger = openBrowser().client();
      expect(await codeOf(stranger.auth.signup.mutate({ email, password }))).toBe("BAD_REQUEST");
      expect(await codeOf(stranger.auth.login.mutate({ email, password }))).toBe("BAD_REQUEST");
      expect(await codeOf(stranger.auth.requestPasswordReset.mutate({ email }))).toBe("BAD_REQUEST");
      expect(await overForm("signup", { email, password })).toBe("BAD_REQUEST");
      expect(await overForm("login", { email, password })).toBe("BAD_REQUEST");
      expect(codeIn(await overSocket("mutation", "auth.changeEmail", { email, password }))).toBe("BAD_REQUEST");
      expect(await codeOf(ada.client.auth.changeEmail.mutate({ email, password }))).toBe("BAD_REQUEST");
      const asAda = caller.asUser({ userId: ada.user.id });
      expect(await codeOf(asAda.auth.changeEmail({ email, password }))).toBe("BAD_REQUEST");
      expect(mailsTo(email)).toEqual([]);
      expect(await objectsWithStorage()).toBe(before);
    },
  );

  it.each([
    ["case", (email: string) => email.toUpperCase()],
    ["spaces around it", (email: string) => `  ${email}\t`],
    ["an international domain", undefined],
  ])("A2 A14 hostile 71: %s makes no second account, whichever way it is asked for", async (_name, vary) => {
    const email = vary ? bob.email : `eve-${freshEmail().split("@")[0]}@b\u00FCcher.example`;
    const same = vary ? vary(email) : email.replace("b\u00FCcher", "xn--bcher-kva");
    if (!vary) await signUp(email);
    expect(await codeOf(openBrowser().client().auth.signup.mutate({ email: same, password }))).toBe("CONFLICT");
    expect(await overForm("signup", { email: same, password })).toBe("CONFLICT");
    expect(await overForm("login", { email: same, password })).toBe("none");
    expect(await codeOf(ada.client.auth.changeEmail.mutate({ email: same, password }))).toBe("CONFLICT");
  });

  it("A14 hostile 71: a plus tag and dots are part of an address", async () => {
    const [name, domain] = ada.email.split("@");
    const tagged = `${name}+tag@${domain}`;
    expect((await signUp(tagged)).user.id).not.toBe(ada.user.id);
  });
});

describe("passwords", () => {
  it.each([
    ["0 bytes", ""],
    ["7 bytes", "1234567"],
    ["257 bytes", "\u00E9".repeat(128) + "x"],
    ["900 kB", "x".repeat(900_000)],
    ["a lone surrogate", "\uD800 horse battery"],
  ])("A1 A8 hostile 72: %s are no new password, on every road", async (_name, bad) => {
    expect(await codeOf(openBrowser().client().auth.signup.mutate({ email: freshEmail(), password: bad }))).toBe(
      "BAD_REQUEST",
    );
    const change = { currentPassword: password, newPassword: bad };
    expect(await codeOf(ada.client.auth.changePassword.mutate(change))).toBe("BAD_REQUEST");
    const asAda = caller.asUser({ userId: ada.user.id });
    expect(await codeOf(asAda.auth.changePassword(change))).toBe("BAD_REQUEST");
    expect(await codeOf(openBrowser().client().auth.resetPassword.mutate({ token: "x", password: bad }))).toBe(
      "BAD_REQUEST",
    );
    // What no password can be is not hashed, whoever asks.
    if (bad.length > 100) {
      const login = openBrowser().client().auth.login.mutate({ email: ada.email, password: bad });
      expect(await codeOf(login)).toBe("BAD_REQUEST");
    }
  });

  it("A1 hostile 72: a form of more than the body's limit is refused", async () => {
    const response = await openBrowser().fetch("/trpc/form/signup", {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: `email=${freshEmail()}&password=${"x".repeat(1_100_000)}`,
    });
    expect(response.status).toBe(413);
  });

  it.each([
    ["a NUL", "horse\u0000battery"],
    ["emoji", "\u{1F40E}\u{1F50B}\u{1F4CE}\u{1F40E}\u{1F50B}\u{1F4CE}\u{1F40E}\u{1F50B}"],
    ["spaces around it", "  correct horse  "],
    ["256 bytes", "\u00E9".repeat(128)],
  ])("A1 A3 hostile 72: %s counts as typed", async (_name, odd) => {
    const email = freshEmail();
    await openBrowser().client().auth.signup.mutate({ email, password: odd });
    expect(await overForm("login", { email, password: odd })).toBe("none");
    const trimmed = odd.trim().split("\u0000")[0]!;
    if (trimmed !== odd) {
      expect(await codeOf(openBrowser().client().auth.login.mutate({ email, password: trimmed }))).toBe("UNAUTHORIZED");
    }
  });

  it("A3 hostile 73: a stored hash that demands unbounded work is refused, and tells the caller nothing", async () => {
    const { email, user } = await signUp();
    const absurd = `$scrypt$ln=30,r=8,p=1$${"A".repeat(22)}$${"A".repeat(43)}`;
    await runInDurableObject(env.BLOG_DO.getByName(`user:${user.id}`), (_instance, { storage }) => {
      storage.sql.exec("UPDATE _account SET password_hash = ?", absurd);
    });
    vi.spyOn(console, "error").mockImplementation(() => {});
    const error: unknown = await openBrowser()
      .client()
      .auth.login.mutate({ email, password })
      .catch((cause: unknown) => cause);
    expect(error).toMatchObject({ data: { code: "INTERNAL_SERVER_ERROR" } });
    expect(JSON.stringify(error)).not.toMatch(/scrypt|allow-list/);
  });
});

describe("somebody else's", () => {
  const inputs = () => ({
    "sessions.revoke": { id: bob.session.id },
    "sessions.rename": { id: bob.session.id, name: "Mine" },
  });

  it("A7 hostile 74: another user's session is NOT_FOUND on every road", async () => {
    const asAda = caller.asUser({ userId: ada.user.id });
    const { "sessions.revoke": revoke, "sessions.rename": rename } = inputs();
    expect(codeIn(await overSocket("mutation", "sessions.revoke", revoke))).toBe("NOT_FOUND");
    expect(codeIn(await overSocket("mutation", "sessions.rename", rename))).toBe("NOT_FOUND");
    expect(await codeOf(ada.client.sessions.revoke.mutate(revoke))).toBe("NOT_FOUND");
    expect(await codeOf(asAda.sessions.revoke(revoke))).toBe("NOT_FOUND");
    expect(await codeOf(asAda.sessions.rename(rename))).toBe("NOT_FOUND");
    expect(await codeOf(bob.client.auth.me.query())).toBe("none");
  });

  it.each([
    ["account.get", { userId: "x" }],
    ["account.update", { profile: {}, userId: "x" }],
    ["account.delete", { password, userId: "x" }],
    ["auth.changePassword", { currentPassword: password, newPassword: "another horse battery", userId: "x" }],
    ["auth.changeEmail", { email: "x@example.com", password, userId: "x" }],
    ["account.audit.list", { userId: "x" }],
    ["sessions.revoke", { id: "x", userId: "x" }],
  ])("A5 hostile 66 74: %s knows no user but the caller", async (path, input) => {
    const query = path === "account.get" || path === "account.audit.list";
    const code = codeIn(await overSocket(query ? "query" : "mutation", path, { ...input, userId: bob.user.id }));
    // What takes no input has no use for it, and answers about the caller.
    expect(code).toBe(path === "account.get" ? "none" : "BAD_REQUEST");
    expect((await bob.client.auth.me.query()).user.email).toBe(bob.email);
  });

  it.each([
    "auth.signup",
    "auth.login",
    "auth.logout",
    "auth.logoutEverywhere",
    "auth.changePassword",
    "account.delete",
  ])("A4 %s sets cookies, which a socket cannot: it is refused there, and nothing has happened", async (path) => {
    const answer = await overSocket("mutation", path, { email: ada.email, password });
    expect(codeIn(answer)).toBe("BAD_REQUEST");
    expect(await codeOf(ada.client.auth.me.query())).toBe("none");
  });
});

describe("texts that are markup, or control a terminal", () => {
  const nasty = '<img src=x onerror=alert(1)>"\u202E\u{1F525}';
  const escape = "\u001B";
  const control = "a\r\n2026-11-21 ERROR forged\u001B[31m\u001B]0;title\u0007";

  it("A7 S5 hostile 78: they are stored as they are, and answered as JSON that no browser takes for a page", async () => {
    const browser = openBrowser();
    const email = freshEmail();
    const signup = { email, password, profile: { firstName: nasty } };
    const response = await browser.fetch("/trpc/auth.signup", {
      method: "POST",
      headers: { "content-type": "application/json", "user-agent": nasty },
      body: JSON.stringify({ json: signup }),
    });
    expect(response.headers.get("content-type")).toMatch(/^application\/json/);
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    const client = browser.client();
    expect((await client.account.get.query()).profile.firstName).toBe(nasty);
    const [session] = await client.sessions.list.query();
    expect(session?.device).not.toMatch(/[<>]/);
    await client.sessions.rename.mutate({ id: session!.id, name: nasty });
    expect((await client.sessions.list.query())[0]?.name).toBe(nasty);
  });

  it("R6 M1 hostile 80: none of it reaches a line of the log, or the audit log", async () => {
    const lines: string[] = [];
    for (const level of ["log", "info", "warn", "error"] as const) {
      vi.spyOn(console, level).mockImplementation((...parts) => void lines.push(parts.map(String).join(" ")));
    }
    const browser = openBrowser();
    const headers = {
      "content-type": "application/json",
      "user-agent": "a \u001B[31mred",
      "cf-ray": "x \u001B[31mforged",
    };
    const send = (path: string, input: unknown, extra = {}) =>
      browser.fetch(path, { method: "POST", headers: { ...headers, ...extra }, body: JSON.stringify({ json: input }) });
    await send("/trpc/auth.signup", { email: freshEmail(), password, profile: { firstName: control } });
    await send("/trpc/auth.login", { email: control, password: control });
    await send("/trpc/auth.verifyEmail", { token: control });
    await send("/trpc/sessions.rename", { id: control, name: "x" });
    await send(`/trpc/${encodeURIComponent(control)}`, {});
    // An error that nobody expected is what does reach the log.
    await send("/trpc/auth.signup", { email: `broken-${freshEmail()}`, password, profile: { firstName: control } });
    await browser.fetch(`/trpc/odd.throwsError?input=${encodeURIComponent(JSON.stringify({ json: control }))}`);
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.join("\n")).not.toContain(escape);
    expect(lines.join("\n")).not.toMatch(/forged|@example|correct horse/);

    const { entries } = await browser.client().account.audit.list.query();
    expect(JSON.stringify(entries)).not.toMatch(/forged|\\u001b/i);
    expect((await browser.client().sessions.list.query())[0]?.device ?? "").not.toContain(escape);
  });
});

describe("errors of the app's own hooks", () => {
  it.each(["broken", "thrown-string", "thrown-cause"])(
    "hostile 79: what onSignup threw (%s) is a request id to the client",
    async (kind) => {
      vi.spyOn(console, "error").mockImplementation(() => {});
      const error: unknown = await openBrowser()
        .client()
        .auth.signup.mutate({ email: `${kind}-${freshEmail()}`, password })
        .catch((cause: unknown) => cause);
      expect(error).toMatchObject({
        data: { code: "INTERNAL_SERVER_ERROR", requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
      });
      expect(JSON.stringify(error)).not.toMatch(/hunter2/);
    },
  );

  it("hostile 79: over a form it is a code, and no more", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    expect(await overForm("signup", { email: `thrown-string-${freshEmail()}`, password })).toBe(
      "INTERNAL_SERVER_ERROR",
    );
  });
});

describe("account.export", () => {
  it("A12 over a socket it tells every record, and then that it is done", async () => {
    await ada.client.posts.create.mutate({ title: "One", body: "" });
    const id = ++frameId;
    socket.send(subscribe(id, "account.export"));
    await vi.waitFor(() =>
      expect(socket.frames.filter((frame) => frame.id === id).at(-1)?.result?.type).toBe("stopped"),
    );
    const told = socket.frames.filter((frame) => frame.id === id && frame.result?.type === "data");
    const records = told.map((frame) => frame.result?.data?.json as { type: string });
    expect(records[0]).toMatchObject({ type: "account", data: { email: ada.email } });
    expect(new Set(records.map(({ type }) => type))).toEqual(new Set(["account", "session", "row", "audit"]));
    expect(JSON.stringify(records)).not.toMatch(/scrypt|hash|digest/i);
  });

  it("A12 nobody gets none, on no road", async () => {
    const response = await openBrowser().fetch("/trpc/account.export", { headers: { accept: "text/event-stream" } });
    expect(await response.text()).toContain("UNAUTHORIZED");
    await expect(caller.asUser({ userId: "0".repeat(32) }).account.export()).rejects.toThrow("There is no such user.");
  });
});
