import { beforeEach, describe, expect, it, vi } from "vitest";
import * as crypto from "node:crypto";
import phc from "@phc/format";
import { hashPassword, verifyPassword as verify } from "../../../src/do/accounts/passwords/password.js";

const verifyPassword = (password: string, stored: string | undefined) => verify(password, stored, 1_000);

// Counts the calls of Node's own function, because their number is what an attacker could measure.
vi.mock("node:crypto", async (importOriginal) => {
  const original = await importOriginal<typeof crypto>();
  return { ...original, scrypt: vi.fn<typeof original.scrypt>(original.scrypt) };
});
const derivations = vi.mocked(crypto.scrypt);

const composed = "caf\u00E9 au lait";
const decomposed = "cafe\u0301 au lait";

/** A hash of an earlier version, which hashed the password exactly as typed. */
function rawHash(password: string): string {
  const salt = crypto.randomBytes(16);
  const hash = crypto.scryptSync(password, salt, 32, { N: 2 ** 15, r: 8, p: 3, maxmem: 2 ** 27 });
  return phc.serialize({ id: "scrypt", params: { ln: 15, r: 8, p: 3 }, salt, hash });
}

describe("passwords in several Unicode forms", () => {
  beforeEach(() => void derivations.mockClear());

  it.each([
    ["an accent", composed, decomposed],
    ["Hangul", "\uD55C\uAD6D\uC5B4 password", "\u1112\u1161\u11AB\u1100\u116E\u11A8\u110B\u1165 password"],
    ["the order of marks", "q\u0323\u0307 horse battery", "q\u0307\u0323 horse battery"],
    ["a singleton", "\u00C5ngstr\u00F6m unit", "\u212Bngstr\u00F6m unit"],
  ])("accepts either form: %s", async (_name, one, other) => {
    for (const [stored, typed] of [
      [one, other],
      [other, one],
    ] as const) {
      expect(await verifyPassword(typed, await hashPassword(stored))).toEqual({ ok: true, outdated: false });
    }
  });

  it("does not treat compatibility characters as equal", async () => {
    const stored = await hashPassword("\uFB01ne words here");
    expect(await verifyPassword("fine words here", stored)).toEqual({ ok: false, outdated: false });
  });

  it("accepts a hash of the raw form, and reports that it is outdated", async () => {
    expect(await verifyPassword(decomposed, rawHash(decomposed))).toEqual({ ok: true, outdated: true });
    expect(await verifyPassword(composed, rawHash(composed))).toEqual({ ok: true, outdated: false });
    expect((await verifyPassword(`${decomposed}!`, rawHash(decomposed))).ok).toBe(false);
  });

  it.each([
    ["ASCII", "correct horse", 1],
    ["a composed password", composed, 1],
    ["a decomposed password", decomposed, 2],
  ])("takes as many derivations with an account as without: %s", async (_name, password, count) => {
    const stored = await hashPassword("another horse");
    derivations.mockClear();
    expect((await verifyPassword(password, stored)).ok).toBe(false);
    expect(derivations).toHaveBeenCalledTimes(count);
    derivations.mockClear();
    expect((await verifyPassword(password, undefined)).ok).toBe(false);
    expect(derivations).toHaveBeenCalledTimes(count);
  });
});
