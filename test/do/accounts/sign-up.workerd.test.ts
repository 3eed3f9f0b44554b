import { env } from "cloudflare:workers";
import { listDurableObjectIds, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { codeOf } from "../../fixtures/error-code.js";
import { freshEmail, openBrowser, password, send, signUp } from "../../fixtures/browser.js";

describe("signing up", () => {
  it("returns a user and a session without secrets", async () => {
    const email = freshEmail();
    const browser = openBrowser();
    const response = await browser.fetch("/trpc/auth.signup", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ json: { email, password } }),
    });
    expect(response.status).toBe(200);
    const text = await response.text();
    const { user, session } = (
      JSON.parse(text) as { result: { data: { json: Record<string, Record<string, unknown>> } } }
    ).result.data.json;
    expect(Object.keys(user ?? {}).toSorted()).toEqual([
      "createdAt",
      "email",
      "emailVerified",
      "id",
      "permissions",
      "profile",
      "roles",
    ]);
    expect(Object.keys(session ?? {}).toSorted()).toEqual(["createdAt", "expiresAt", "id"]);
    expect(user).toMatchObject({ email, emailVerified: false, id: expect.stringMatching(/^[0-9a-f]{32}$/) });
    expect(text).not.toMatch(/hash|salt|scrypt|token/i);
    for (const value of browser.cookies.values()) expect(text).not.toContain(value);
  });

  it("sets cookies that scripts cannot read and other hosts cannot set", async () => {
    const response = await send("/trpc/auth.signup", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ json: { email: freshEmail(), password } }),
    });
    const lines = response.headers.getSetCookie();
    expect(lines.map((line) => line.split("=")[0])).toEqual([
      "__Host-userdo-access",
      "__Host-userdo-refresh",
      "__Host-userdo-device",
      expect.stringMatching(/^__Host-userdo-session-[0-9a-f]{32}-0$/),
    ]);
    for (const line of lines) {
      expect(line).toMatch(/; HttpOnly/);
      expect(line).toMatch(/; Secure/);
      expect(line).toMatch(/; SameSite=Lax/);
      expect(line).toMatch(/; Path=\//);
      expect(line).toMatch(/; Max-Age=[1-9]/);
      expect(line).not.toMatch(/Domain/i);
    }
    expect(response.headers.get("cache-control")).toBe("no-store");
  });

  it("creates one account for twenty concurrent calls with different passwords", async () => {
    const email = freshEmail();
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        codeOf(
          openBrowser()
            .client()
            .auth.signup.mutate({ email, password: `${password} ${index}` }),
        ),
      ),
    );
    expect(outcomes.filter((outcome) => outcome === "none")).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === "CONFLICT")).toHaveLength(19);
  });

  it("treats an address in another case as the same account", async () => {
    const { email, user } = await signUp();
    const shouting = email.toUpperCase();
    expect(await codeOf(openBrowser().client().auth.signup.mutate({ email: shouting, password }))).toBe("CONFLICT");
    const again = await openBrowser()
      .client()
      .auth.login.mutate({ email: `  ${shouting} `, password });
    expect(again.user.id).toBe(user.id);
  });

  it.each([
    ["empty fields", { email: "", password: "" }, ["email", "password"]],
    ["an address and a password that are both refused", { email: "nobody", password: "short" }, ["email", "password"]],
    ["no fields", {}, ["email", "password"]],
    ["a profile that is refused, too", { email: "", password, profile: { firstName: 1 } }, ["email", "profile"]],
  ])("lists the problems of all fields at once: %s", async (_case, input, fields) => {
    const refusal: unknown = await openBrowser()
      .client()
      .auth.signup.mutate(input as never)
      .catch((error: unknown) => error);
    expect(refusal).toMatchObject({ data: { code: "BAD_REQUEST" } });
    const issues = JSON.parse((refusal as Error).message) as { path: string[] }[];
    expect(new Set(issues.map(({ path }) => path[0]))).toEqual(new Set(fields));
  });

  it("lists the problems of all fields of a sign-in at once", async () => {
    const refusal: unknown = await openBrowser()
      .client()
      .auth.login.mutate({ email: "nobody", password: "a".repeat(2_000) })
      .catch((error: unknown) => error);
    const issues = JSON.parse((refusal as Error).message) as { path: string[] }[];
    expect(issues.map(({ path }) => path[0])).toEqual(["email", "password"]);
  });

  it.each([
    ["a short password", { email: freshEmail(), password: "1234567" }],
    ["a password of 257 bytes", { email: freshEmail(), password: "é".repeat(128) + "x" }],
    ["no address", { email: "nobody", password }],
    ["a look-alike of an ASCII letter", { email: `\u212Aate@example.com`, password }],
    ["a full-width at sign", { email: "a\uFF20example.com", password }],
    ["two lines", { email: "a@example.com\r\nBcc: b@example.com", password }],
    ["256 characters", { email: `${"a".repeat(250)}@x.org`, password }],
    ["an unknown key", { email: freshEmail(), password, emailVerified: true }],
  ])("refuses %s and stores nothing", async (_name, input) => {
    const before = await listDurableObjectIds(env.BLOG_DO);
    expect(await codeOf(openBrowser().client().auth.signup.mutate(input))).toBe("BAD_REQUEST");
    for (const id of await listDurableObjectIds(env.BLOG_DO)) {
      if (before.some((known) => known.equals(id))) continue;
      expect(await tablesOf(id)).toEqual([]);
    }
  });

  it("names no object after an address, and stores the address only in the user's own object", async () => {
    const { email, user } = await signUp();
    const objectNames: string[] = [];
    for (const id of await listDurableObjectIds(env.BLOG_DO)) {
      await runInDurableObject(env.BLOG_DO.get(id), (_instance, state) => {
        const dump = state.storage.sql
          .exec(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE '\\_%' ESCAPE '\\' AND name NOT LIKE '\\_cf%' ESCAPE '\\'",
          )
          .toArray()
          .map(({ name }) => JSON.stringify(state.storage.sql.exec(`SELECT * FROM "${String(name)}"`).toArray()))
          .join();
        if (dump.includes(email)) objectNames.push(String(state.id.name));
      }).catch(ignoreUnnamed);
    }
    expect(objectNames.filter((name) => name.includes(email))).toEqual([]);
    expect(objectNames.every((name) => name === `user:${user.id}`)).toBe(true);
  });
});

async function tablesOf(id: DurableObjectId): Promise<unknown[]> {
  let tables: unknown[] = [];
  await runInDurableObject(env.BLOG_DO.get(id), (_instance, state) => {
    tables = state.storage.sql.exec("SELECT name FROM sqlite_master").toArray();
  }).catch(ignoreUnnamed);
  return tables;
}

/** An object that is started by its id alone does not know its name, and refuses calls. */
function ignoreUnnamed(error: unknown): void {
  if (!(error instanceof Error) || !error.message.includes("not addressed by name")) throw error;
}
