import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { randomBytes, scryptSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { passwordCost } from "../../../src/do/accounts/passwords/password-cost.js";
import { freshEmail, openBrowser } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";

const composed = "caf\u00E9 au lait";
const decomposed = "cafe\u0301 au lait";

const login = (email: string, password: string) =>
  codeOf(openBrowser().client().auth.login.mutate({ email, password }));

/** Replaces the hash by one of an earlier version, which hashed the password exactly as typed. */
async function storeRawHash(userId: string, password: string): Promise<void> {
  const { ln, r, p } = passwordCost;
  const salt = randomBytes(16);
  const hash = scryptSync(password, salt, 32, { N: 2 ** ln, r, p });
  const text = (bytes: Buffer) => bytes.toString("base64").replaceAll("=", "");
  await runInDurableObject(env.BLOG_DO.getByName(`user:${userId}`), (_instance, { storage }) => {
    const stored = `$scrypt$ln=${ln},r=${r},p=${p}$${text(salt)}$${text(hash)}`;
    storage.sql.exec("UPDATE _account SET password_hash = ?", stored);
  });
}

it("signs in with either Unicode form of a password", async () => {
  for (const [chosen, typed] of [
    [composed, decomposed],
    [decomposed, composed],
  ] as const) {
    const email = freshEmail();
    await openBrowser().client().auth.signup.mutate({ email, password: chosen });
    expect(await login(email, typed)).toBe("none");
    expect(await login(email, "cafe au lait")).toBe("UNAUTHORIZED");
  }
});

it("replaces a hash of the raw form at the next sign-in, after which either form works", async () => {
  const email = freshEmail();
  const { user } = await openBrowser().client().auth.signup.mutate({ email, password: composed });
  await storeRawHash(user.id, decomposed);
  expect(await login(email, composed)).toBe("UNAUTHORIZED");
  expect(await login(email, decomposed)).toBe("none");
  expect(await login(email, composed)).toBe("none");
});

describe("the length of a password", () => {
  const signUp = (chosen: string, email = freshEmail()) =>
    codeOf(openBrowser().client().auth.signup.mutate({ email, password: chosen }));

  it("is not limited by the larger form at sign-in", async () => {
    // 255 bytes when composed, and 765 when decomposed.
    const long = "\uAC01".repeat(85);
    expect(new TextEncoder().encode(long.normalize("NFD")).length).toBeGreaterThan(256);
    for (const chosen of [long, long.normalize("NFD")]) {
      const email = freshEmail();
      expect(await signUp(chosen, email)).toBe("none");
      expect(await login(email, long)).toBe("none");
      expect(await login(email, long.normalize("NFD"))).toBe("none");
    }
  });

  it("is counted in the composed form, so that it is the same on all devices", async () => {
    for (const short of ["\u00E9".repeat(7), "\u00E9".repeat(7).normalize("NFD"), "a" + "\u0301".repeat(7)]) {
      expect(await signUp(short)).toBe(short.normalize("NFC").length < 8 ? "BAD_REQUEST" : "none");
    }
    expect(await signUp("\u00E9".repeat(8).normalize("NFD"))).toBe("none");
    // Characters that no composed form has: 255 bytes as typed, and 510 in the form that is hashed.
    expect(await signUp("\u0958".repeat(85))).toBe("BAD_REQUEST");
  });

  it("is limited in the typed form too, because normalizing takes long", async () => {
    const marks = "\u0301\u0323".repeat(100_000);
    expect(await signUp(`horse battery ${marks}`)).toBe("BAD_REQUEST");
    expect(await login(freshEmail(), `horse battery ${marks}`)).toBe("BAD_REQUEST");
  });
});
