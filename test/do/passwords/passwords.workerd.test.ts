import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { verifyPassword } from "../../../src/do/accounts/password.js";
import { commonPasswords } from "../../../src/do/passwords/common-passwords.js";
import { checkNewPassword } from "../../../src/do/passwords/check-new-password.js";
import { isBreached } from "../../../src/do/passwords/breach-look-up.js";
import { isCommon } from "../../../src/do/passwords/is-common.js";

const sha1 = (text: string) => createHash("sha1").update(text).digest("hex").toUpperCase();

describe("passwords that everybody tries first", () => {
  it("the list has at least ten thousand", () => {
    expect(atob(commonPasswords).length / 4).toBeGreaterThanOrEqual(10_000);
  });

  it.each(["password", "12345678", "password123", "iloveyou2", "qwertyuiop", "PASSWORD", "Trustno1"])(
    "%s is one",
    async (password) => {
      expect(await isCommon(password)).toBe(true);
    },
  );

  it.each(["correct horse battery", "another horse battery", "tr0ub4dor & 3", "пароль на русском", "🐎🔋📎🐎🔋📎"])(
    "%s is none",
    async (password) => {
      expect(await isCommon(password)).toBe(false);
    },
  );

  it("is told beside its field", async () => {
    const error: unknown = await checkNewPassword("password", { lookUp: undefined, field: "newPassword" }).catch(
      (cause: unknown) => cause,
    );
    expect(error).toMatchObject({ code: "BAD_REQUEST" });
    expect((error as { cause: { issues: unknown } }).cause.issues).toMatchObject([{ path: ["newPassword"] }]);
  });
});

describe("the look-up of breached passwords", () => {
  const answer = (password: string, count: number) =>
    `0018A45C4D1DEF81644B54AB7F969B88D65:1\r\n${sha1(password).slice(5)}:${count}`;

  it("tells the service five digits and no more", async () => {
    const asked: string[] = [];
    const lookUp = (prefix: string) => {
      asked.push(prefix);
      return Promise.resolve(answer("correct horse battery", 7));
    };
    expect(await isBreached("correct horse battery", lookUp)).toBe(true);
    expect(asked).toEqual([sha1("correct horse battery").slice(0, 5)]);
    expect(await isBreached("another horse battery", lookUp)).toBe(false);
  });

  it("does not count padding", async () => {
    expect(await isBreached("x", () => Promise.resolve(answer("x", 0)))).toBe(false);
  });

  it("lets a password pass when the service fails, or takes longer than a second", async () => {
    expect(await isBreached("x", () => Promise.reject(new Error("away")))).toBe("unknown");
    const started = Date.now();
    expect(await isBreached("x", () => new Promise(() => {}))).toBe("unknown");
    expect(Date.now() - started).toBeLessThan(5_000);
  });
});

describe("stored hashes", () => {
  const salt = "A".repeat(22);
  const hash = "A".repeat(43);
  it.each([
    `$scrypt$ln=30,r=8,p=1$${salt}$${hash}`,
    `$scrypt$ln=15,r=8,p=4$${salt}$${hash}`,
    `$scrypt$ln=15,r=4096,p=3$${salt}$${hash}`,
    `$scrypt$ln=1,r=8,p=1$${salt}$${hash}`,
    `$argon2id$v=19$m=1048576,t=9,p=9$${salt}$${hash}`,
    `$scrypt$ln=15,r=8,p=3$${salt}$AAAA`,
    `$scrypt$ln=15,r=8,p=3$${salt}`,
  ])("hostile 73: %s is refused before any work is done", async (stored) => {
    const started = performance.now();
    await expect(verifyPassword("x", stored)).rejects.toThrow("not on the allow-list");
    expect(performance.now() - started).toBeLessThan(100);
  });
});
