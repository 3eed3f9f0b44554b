import { describe, expect, it } from "vitest";
import { hashPassword, verifyPassword } from "../../../src/do/accounts/passwords/password.js";

// In Node, because the tests in workerd sign hundreds of users up and hash at a lower cost.

describe("password hashes", () => {
  it("use scrypt with a salt, and contain their parameters", async () => {
    const [first, second] = await Promise.all([hashPassword("correct horse"), hashPassword("correct horse")]);
    expect(first).toMatch(/^\$scrypt\$ln=15,r=8,p=3\$[\w+/]{22}\$[\w+/]{43}$/);
    expect(second).not.toBe(first);
    expect(await verifyPassword("correct horse", first)).toEqual({ ok: true, outdated: false });
    expect(await verifyPassword("correct horse ", first)).toEqual({ ok: false, outdated: false });
  });

  it("never match when there is no account", async () => {
    expect(await verifyPassword("correct horse", undefined)).toEqual({ ok: false, outdated: false });
  });

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
  ])("refuses %s before any work is done", async (stored) => {
    await expect(verifyPassword("x", stored)).rejects.toThrow("not on the allow-list");
  });
});
