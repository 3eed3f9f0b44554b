import { describe, expect, it } from "vitest";
import { codeOf } from "../fixtures/error-code.js";
import {
  freshEmail,
  openBrowser,
  origin,
  password,
  send,
  sessionCookies,
  signUp,
  type Browser,
} from "../fixtures/browser.js";

const form = "application/x-www-form-urlencoded";

/** Posts a form like a page, and does not follow the redirect. */
function post(browser: Browser, name: string, fields: Record<string, string> | string, type = form) {
  const body = typeof fields === "string" ? fields : new URLSearchParams(fields).toString();
  return browser.fetch(`/trpc/form/${name}`, {
    method: "POST",
    headers: { "content-type": type },
    body,
    redirect: "manual",
  });
}

describe("forms without JavaScript", () => {
  it("sign up, out and in, and redirect", async () => {
    const browser = openBrowser();
    const email = freshEmail();
    const signedUp = await post(browser, "signup", { email, password, next: "/welcome?a=1" });
    expect(signedUp.status).toBe(303);
    expect(signedUp.headers.get("location")).toBe(`${origin}/welcome?a=1`);
    expect(signedUp.headers.get("cache-control")).toBe("no-store");
    expect(await signedUp.text()).toBe("");
    expect((await browser.client().auth.me.query()).user.email).toBe(email);

    const signedOut = await post(browser, "logout", {});
    expect(signedOut.headers.get("location")).toBe(`${origin}/`);
    expect(sessionCookies(browser)).toEqual([]);
    expect(await codeOf(browser.client().auth.me.query())).toBe("UNAUTHORIZED");

    const signedIn = await post(browser, "login", { email, password });
    expect(signedIn.headers.get("location")).toBe(`${origin}/`);
    for (const line of signedIn.headers.getSetCookie())
      expect(line).toMatch(/^__Host-.+HttpOnly; Secure; SameSite=Lax/);
    expect((await browser.client().auth.me.query()).user.email).toBe(email);
  });

  it("set a device cookie, which has its own limit of attempts afterwards", async () => {
    const browser = openBrowser();
    const email = freshEmail();
    await post(browser, "signup", { email, password });
    await post(browser, "logout", {});
    expect([...browser.cookies.keys()]).toEqual(["__Host-userdo-device"]);
    const attacker = openBrowser();
    const wrong = { email, password: "not the password", back: "/login" };
    const codes: (string | null)[] = [];
    for (let tries = 0; tries < 6; tries++) {
      codes.push((await post(attacker, "login", wrong)).headers.get("location"));
    }
    expect(codes.at(-1)).toBe(`${origin}/login?error=TOO_MANY_REQUESTS&reason=TOO_MANY_WRONG_PASSWORDS`);
    expect((await post(attacker, "login", { ...wrong, password })).headers.get("location")).toBe(codes.at(-1));
    expect((await post(browser, "login", { ...wrong, password })).headers.get("location")).toBe(`${origin}/`);
  });

  it("accept profile fields at sign-up, and validate them", async () => {
    const browser = openBrowser();
    const fields = { email: freshEmail(), password, "profile.firstName": "Ada", "profile.lastName": "Lovelace" };
    await post(browser, "signup", fields);
    const { user } = await browser.client().auth.me.query();
    expect(user.profile).toEqual({ firstName: "Ada", lastName: "Lovelace" });
    for (const extra of ["profile.role", "profile.", "profile.__proto__"]) {
      const failed = await post(openBrowser(), "signup", { ...fields, email: freshEmail(), [extra]: "admin" });
      expect(failed.headers.get("location")).toMatch(/\/\?error=BAD_REQUEST(&reason=INPUT_[A-Z]+)?$/);
    }
    const tooLong = { ...fields, email: freshEmail(), "profile.firstName": "a".repeat(101) };
    const failed = await post(openBrowser(), "signup", tooLong);
    expect(failed.headers.get("location")).toMatch(/\/\?error=BAD_REQUEST(&reason=INPUT_[A-Z]+)?$/);
  });

  it("redirects back with the code and the reason of an error, and with no field of the form", async () => {
    const { email } = await signUp();
    const browser = openBrowser();
    const failed = async (name: string, fields: Record<string, string>) => {
      const response = await post(browser, name, { back: "/login?next=%2Fa", ...fields });
      expect(response.status).toBe(303);
      expect(response.headers.getSetCookie()).toEqual([]);
      return response.headers.get("location");
    };
    const back = `${origin}/login?next=%2Fa&error=`;
    expect(await failed("login", { email, password: "a wrong password" })).toBe(
      `${back}UNAUTHORIZED&reason=WRONG_CREDENTIALS`,
    );
    expect(await failed("login", { email: "nobody", password })).toBe(`${back}BAD_REQUEST&reason=EMAIL_INVALID`);
    expect(await failed("login", {})).toBe(`${back}BAD_REQUEST&reason=EMAIL_INVALID`);
    expect(await failed("signup", { email, password })).toBe(`${back}CONFLICT&reason=EMAIL_TAKEN`);
    const short = await failed("signup", { email: freshEmail(), password: "short" });
    expect(short).toBe(`${back}BAD_REQUEST&reason=PASSWORD_TOO_SHORT`);
    // The reason of an earlier error in the form's address is removed.
    const stale = "/login?error=CONFLICT&reason=EMAIL_TAKEN";
    expect(await failed("login", { back: stale, email, password: "a wrong password" })).toBe(
      `${origin}/login?error=UNAUTHORIZED&reason=WRONG_CREDENTIALS`,
    );
  });

  it("redirect after a sign-out without a session", async () => {
    const response = await post(openBrowser(), "logout", { next: "/bye" });
    expect(response.headers.get("location")).toBe(`${origin}/bye`);
  });

  it("end the session of a page whose access token has expired", async () => {
    const { browser, client } = await signUp();
    const copy = openBrowser();
    for (const [name, value] of browser.cookies) copy.cookies.set(name, value);
    browser.cookies.delete("__Host-userdo-access");
    await post(browser, "logout", {});
    expect(sessionCookies(browser)).toEqual([]);
    expect(await codeOf(copy.client().auth.me.query())).toBe("UNAUTHORIZED");
    void client;
  });

  it("never redirect to another site", async () => {
    for (const next of ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"]) {
      const response = await post(openBrowser(), "logout", { next });
      expect(response.headers.get("location")).toBe(`${origin}/`);
    }
  });

  it.each(["logout", "login", "signup"])("do not run %s by GET", async (name) => {
    const { browser, client } = await signUp();
    const response = await browser.fetch(`/trpc/form/${name}`);
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe("POST, OPTIONS");
    expect((await browser.fetch(`/trpc/form/${name}`, { method: "HEAD" })).headers.getSetCookie()).toEqual([]);
    expect(await codeOf(client.auth.me.query())).toBe("none");
  });

  it("reject foreign pages, at sign-in too", async () => {
    const { email, browser } = await signUp();
    const body = new URLSearchParams({ email, password }).toString();
    const cookie = Array.from(browser.cookies, ([name, value]) => `${name}=${value}`).join("; ");
    const foreign: Record<string, string>[] = [
      { origin: "https://evil.example" },
      { origin: "null" },
      { cookie },
      { origin, "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
    ];
    for (const headers of foreign) {
      for (const name of ["login", "logout", "signup"]) {
        const response = await send(`/trpc/form/${name}`, {
          method: "POST",
          headers: { "content-type": form, ...headers },
          body,
        });
        expect(response.status).toBe(403);
        expect(response.headers.getSetCookie()).toEqual([]);
      }
    }
    expect(await codeOf(browser.client().auth.me.query())).toBe("none");
  });

  it("accept an allowed page, and redirect back there", async () => {
    const { email } = await signUp();
    const response = await send("/trpc/form/login", {
      method: "POST",
      headers: { "content-type": form, origin: "https://app.example.com", "sec-fetch-site": "same-site" },
      body: new URLSearchParams({ email, password, next: "https://app.example.com/home" }).toString(),
      redirect: "manual",
    });
    expect(response.headers.get("location")).toBe("https://app.example.com/home");
    expect(response.headers.getSetCookie()).toHaveLength(4);
  });

  it.each([
    ["another type", 415, "email=a", "multipart/form-data; boundary=x"],
    ["JSON", 415, "{}", "application/json"],
    ["two fields of a name", 400, "email=a&email=b", form],
    ["bytes that are not UTF-8", 400, "email=%FF", form],
    ["a broken escape", 400, "email=%", form],
    ["a thousand fields", 400, Array.from({ length: 1_000 }, (_, index) => `f${index}=`).join("&"), form],
    ["two megabytes", 413, `email=${"x".repeat(2_000_000)}`, form],
  ])("reject %s with %d", async (_name, status, body, type) => {
    expect((await post(openBrowser(), "login", body, type)).status).toBe(status);
  });

  it("do not run other calls, and there are no other forms", async () => {
    const browser = openBrowser();
    const init = { method: "POST", headers: { "content-type": form }, body: "" };
    expect((await browser.fetch("/trpc/auth.logout", init)).status).toBe(415);
    for (const path of ["form/me", "form/", "form", "form/login/", "form/posts.create", "form/__proto__"]) {
      expect([404, 415]).toContain((await browser.fetch(`/trpc/${path}`, init)).status);
    }
  });
});
