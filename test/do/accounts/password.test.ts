import { createHash, pbkdf2Sync, scryptSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import * as passwords from "../../../src/do/accounts/passwords/password.js";
import { iterationsOf, parseStoredHash, workOf } from "../../../src/do/accounts/passwords/password-hash.js";
import { remainingWork } from "../../../src/do/accounts/passwords/remaining-work.js";

// In Node, because the tests in workerd sign hundreds of users up and hash at a lower cost.

const { hashPassword, unusableHash } = passwords;
const importHash = (hash: string, maxIterations = 1_000_000) => passwords.importHash(hash, maxIterations);
const verifyPassword = (password: string, stored: string | undefined, maxIterations = 1_000) =>
  passwords.verifyPassword(password, stored, maxIterations);

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

const base64 = (bytes: Buffer | string): string => Buffer.from(bytes).toString("base64").replace(/=+$/, "");

const typed = "correct horse";
const salt16 = Buffer.from("0123456789abcdef");

const pbkdf2 = (iterations: number, length = 32): string =>
  `$pbkdf2-sha256$i=${iterations}$${base64(salt16)}$${base64(pbkdf2Sync(typed, salt16, iterations, length, "sha256"))}`;
const scrypt = (ln: number, r: number, p: number, length = 32): string =>
  `$scrypt$ln=${ln},r=${r},p=${p}$${base64(salt16)}$${base64(scryptSync(typed, salt16, length, { N: 2 ** ln, r, p, maxmem: 2 ** 27 }))}`;
const sha256 = (salt: string): string =>
  `$sha256$${base64(salt)}$${base64(
    createHash("sha256")
      .update(salt + typed)
      .digest(),
  )}`;

describe("imported password hashes", () => {
  it.each([
    ["the parameters of Node's scrypt", scrypt(14, 8, 1, 64)],
    ["the smallest scrypt", scrypt(10, 8, 1)],
    ["our own parameters", scrypt(15, 8, 3)],
    ["PBKDF2 with 100,000 iterations", pbkdf2(100_000)],
    ["PBKDF2 with more iterations than the platform's own function allows", pbkdf2(100_001)],
    ["PBKDF2 with its length", pbkdf2(1_000).replace("i=1000", "i=1000,l=32")],
    ["PBKDF2 of 20 bytes", pbkdf2(1_000, 20)],
    ["a salted SHA-256", sha256("2215117146162")],
    ["a SHA-256 with a long salt", sha256("9".repeat(48))],
  ])("match the password: %s", async (_name, given) => {
    const stored = await importHash(given);
    expect(await verifyPassword(typed, stored)).toEqual({ ok: true, outdated: given !== scrypt(15, 8, 3) });
    expect((await verifyPassword("correct horse ", stored)).ok).toBe(false);
  });

  it("with more iterations than the app allows are rejected", async () => {
    for (const hash of [pbkdf2(1_001), pbkdf2(501, 64)])
      await expect(importHash(hash, 1_000)).rejects.toThrow("more than 1000 iterations");
    expect(await importHash(pbkdf2(500, 64), 1_000)).toBe(pbkdf2(500, 64));
  });

  it.each([
    ["our own parameters", scrypt(15, 8, 3)],
    ["PBKDF2", pbkdf2(1_000)],
    ["PBKDF2 with as many iterations as the app allows", pbkdf2(100_000)],
    ["PBKDF2 of 64 bytes", pbkdf2(10_000, 64)],
    ["the parameters of Node's scrypt", scrypt(14, 8, 1)],
    ["a third of our own", scrypt(15, 8, 1)],
    ["a little less than our own", scrypt(13, 8, 11)],
    ["the smallest scrypt", scrypt(10, 8, 1)],
    ["small blocks", scrypt(12, 1, 5)],
  ])("take the same work for a wrong password as an unknown address: %s", (_name, stored) => {
    const known = parseStoredHash(stored);
    const { costs, iterations } = remainingWork(known, 100_000);
    const isPbkdf2 = known.type === "pbkdf2-sha256";
    const work = costs.map(workOf).reduce((sum, each) => sum + each, isPbkdf2 ? 0 : workOf(known.cost));
    const own = 2 ** 15 * 8 * 3;
    expect(Math.abs(work - own) / own).toBeLessThan(0.01);
    expect(iterations + (isPbkdf2 ? iterationsOf(known) : 0)).toBe(100_000);
  });

  it("match passwords also if the app allows more iterations than the platform", async () => {
    expect((await verifyPassword(typed, pbkdf2(1_000), 100_001)).ok).toBe(true);
    expect((await verifyPassword("correct horse ", pbkdf2(1_000), 100_001)).ok).toBe(false);
  });

  it("match a password that the other system hashed without normalization", async () => {
    const decomposed = "cafe\u0301 au lait";
    const hash = pbkdf2Sync(decomposed, salt16, 1_000, 32, "sha256");
    const stored = await importHash(`$pbkdf2-sha256$i=1000$${base64(salt16)}$${base64(hash)}`);
    expect(await verifyPassword(decomposed, stored)).toEqual({ ok: true, outdated: true });
  });

  it("never contain the digest of SHA-256", async () => {
    const given = sha256("221511714");
    const stored = await importHash(given);
    expect(stored).toMatch(/^\$scrypt-sha256\$ln=15,r=8,p=3,s=MjIxNTExNzE0\$[\w+/]{22}\$[\w+/]{43}$/);
    expect(stored).not.toContain(given.split("$").at(-1));
    expect(await importHash(stored)).toBe(stored);
  });

  const [, , , salt = "", hash = ""] = scrypt(14, 8, 1).split("$");
  it.each([
    ["is not a PHC string", ""],
    ["is not a PHC string", "password"],
    ["is not a PHC string", `scrypt$ln=14,r=8,p=1$${salt}$${hash}`],
    ["is not a PHC string", `$scrypt$ln=14,r=8,p=1$${salt}`],
    ["is not a PHC string", `$scrypt$ln=14,r=8,p=1,$${salt}$${hash}`],
    ["is not a PHC string", `$scrypt$ln=14,r=8,p=1$${salt}$${hash}=`],
    ["is not a PHC string", `$scrypt$ln=14,r=8,p=1$${salt}$${hash.slice(0, -1)}`],
    ["is not a PHC string", `$pbkdf2-sha256$29000$${salt}$${hash}`],
    ["is not a PHC string", `$pbkdf2-sha256$i=29000$${salt.replace(/./, ".")}$${hash}`],
    ["is not a PHC string", `$scrypt$${"ln=14,".repeat(40_000)}$${salt}$${hash}`],
    ["parameters that are missing or unknown", `$scrypt$ln=14,r=8$${salt}$${hash}`],
    ["parameters that are missing or unknown", `$scrypt$ln=14,r=8,p=1,x=1$${salt}$${hash}`],
    ["parameters that are missing or unknown", `$scrypt$ln=014,r=8,p=1$${salt}$${hash}`],
    ["parameters that are missing or unknown", `$scrypt$${salt}$${hash}`],
    ["less than 10", `$scrypt$ln=1,r=8,p=1$${salt}$${hash}`],
    ["more than 32 MiB", `$scrypt$ln=17,r=8,p=1$${salt}$${hash}`],
    ["more than 32 MiB", `$scrypt$ln=999999999,r=8,p=1$${salt}$${hash}`],
    ["more than 32 MiB", `$scrypt$ln=10,r=4096,p=1$${salt}$${hash}`],
    ["takes too long", `$scrypt$ln=15,r=8,p=4$${salt}$${hash}`],
    ["takes too long", `$scrypt$ln=10,r=1,p=999999999$${salt}$${hash}`],
    ["more than 1000000 iterations", `$pbkdf2-sha256$i=1000001$${salt}$${hash}`],
    ["more than 1000000 iterations", `$pbkdf2-sha256$i=500001$${salt}$${"AAAA".repeat(15)}`],
    ["parameters that are missing or unknown", `$pbkdf2-sha256$i=0$${salt}$${hash}`],
    ["parameters that are missing or unknown", `$pbkdf2-sha256$i=4294967297$${salt}$${hash}`],
    ["another length", `$pbkdf2-sha256$i=1000,l=31$${salt}$${hash}`],
    ["does not have 16 to 64 bytes", `$pbkdf2-sha256$i=1000$${salt}$AAAA`],
    ["does not have 16 to 64 bytes", `$pbkdf2-sha256$i=1000$${salt}$${"AAAA".repeat(22)}`],
    ["a salt of more than 64 bytes", `$pbkdf2-sha256$i=1000$${"AAAA".repeat(22)}$${hash}`],
    ["the 32 bytes of SHA-256", `$sha256$${salt}$${"AAAA".repeat(8)}`],
    ["unknown id", `$argon2id$m=65536,t=3,p=4$${salt}$${hash}`],
    ["unknown id", `$2b$${salt}$${hash}`],
  ])("are rejected before any work is done if the hash %s", async (problem, given) => {
    await expect(importHash(given)).rejects.toMatchObject({
      code: "BAD_REQUEST",
      reason: "PASSWORD_HASH_INVALID",
      message: expect.stringContaining(problem),
    });
  });

  it("of an account without a password never match", async () => {
    expect(await verifyPassword("", unusableHash())).toEqual({ ok: false, outdated: false });
  });
});
