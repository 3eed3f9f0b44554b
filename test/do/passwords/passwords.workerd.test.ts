import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { commonPasswords } from "../../../src/do/accounts/passwords/common-passwords.js";
import { checkNewPassword } from "../../../src/do/accounts/passwords/check-new-password.js";
import { isBreached } from "../../../src/do/accounts/passwords/check-breached-password.js";
import { isCommon } from "../../../src/do/accounts/passwords/weak-passwords.js";

const sha1 = (text: string) => createHash("sha1").update(text).digest("hex").toUpperCase();

describe("the list of common passwords", () => {
  it("has at least ten thousand entries", () => {
    expect(atob(commonPasswords).length / 4).toBeGreaterThanOrEqual(10_000);
  });

  it.each(["password", "12345678", "password123", "iloveyou2", "qwertyuiop", "PASSWORD", "Trustno1"])(
    "contains %s",
    async (password) => {
      expect(await isCommon(password)).toBe(true);
    },
  );

  it.each(["correct horse battery", "another horse battery", "tr0ub4dor & 3", "пароль на русском", "🐎🔋📎🐎🔋📎"])(
    "does not contain %s",
    async (password) => {
      expect(await isCommon(password)).toBe(false);
    },
  );

  it.each(["88888888", "12341234", "87654321"])("is complemented by patterns that refuse %s", async (password) => {
    await expect(
      checkNewPassword(password, { checkBreachedPassword: undefined, field: "password" }),
    ).rejects.toMatchObject({
      code: "BAD_REQUEST",
      message: expect.stringContaining("Choose another one."),
    });
  });

  it("is complemented by a breach check of the normalized form", async () => {
    const checkBreachedPassword = () => Promise.resolve(`${sha1("caf\u00E9 au lait").slice(5)}:3`);
    for (const typed of ["caf\u00E9 au lait", "cafe\u0301 au lait"]) {
      await expect(checkNewPassword(typed, { checkBreachedPassword, field: "password" })).rejects.toMatchObject({
        code: "BAD_REQUEST",
      });
    }
  });

  it("is reported in an error of the password field", async () => {
    const error: unknown = await checkNewPassword("password", {
      checkBreachedPassword: undefined,
      field: "newPassword",
    }).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: "BAD_REQUEST" });
    expect((error as { cause: { issues: unknown } }).cause.issues).toMatchObject([{ path: ["newPassword"] }]);
  });
});

describe("the breach service", () => {
  const answer = (password: string, count: number) =>
    `0018A45C4D1DEF81644B54AB7F969B88D65:1\r\n${sha1(password).slice(5)}:${count}`;

  it("receives five digits and no more", async () => {
    const prefixes: string[] = [];
    const checkBreachedPassword = (prefix: string) => {
      prefixes.push(prefix);
      return Promise.resolve(answer("correct horse battery", 7));
    };
    expect(await isBreached("correct horse battery", checkBreachedPassword)).toBe(true);
    expect(prefixes).toEqual([sha1("correct horse battery").slice(0, 5)]);
    expect(await isBreached("another horse battery", checkBreachedPassword)).toBe(false);
  });

  it("may add padding, which is not counted", async () => {
    expect(await isBreached("x", () => Promise.resolve(answer("x", 0)))).toBe(false);
  });

  it("may fail, or take longer than a second, and the password is accepted", async () => {
    expect(await isBreached("x", () => Promise.reject(new Error("away")))).toBe("unknown");
    expect(await isBreached("x", () => new Promise(() => {}))).toBe("unknown");
  });
});
