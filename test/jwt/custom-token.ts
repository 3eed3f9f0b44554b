import { createHmac } from "node:crypto";
import { kidOf } from "../../src/jwt/keyring.js";

export const secret = "d2Zq0vYk7sN4xJtB1mRuE9cLhWgPaXo6ViK3TfQyS8w";
export const audience = "BLOG_DO";
export const userId = "0123456789abcdef0123456789abcdef";
export const sessionId = "fedcba9876543210fedcba9876543210";
export const email = "ada@example.com";
export const access = { purpose: "access", secret, audience } as const;
export const seconds = () => Math.floor(Date.now() / 1000);

/** A token in which every part can be wrong. */
export async function customToken(header: object = {}, claims: object = {}, key = secret): Promise<string> {
  const full = { iss: "trpc-userdo", aud: audience, sub: userId, sid: sessionId, iat: seconds(), exp: seconds() + 600 };
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const text = `${part({ alg: "HS256", typ: "at+jwt", kid: await kidOf(secret), ...header })}.${part({ ...full, ...claims })}`;
  return `${text}.${createHmac("sha256", key).update(text).digest("base64url")}`;
}

export function withoutSignature(token: string): string {
  return token.slice(0, token.lastIndexOf(".") + 1);
}

/** The same signature with another last character: its two lowest bits are not part of it. */
export function flipped(token: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return token.slice(0, -1) + alphabet[alphabet.indexOf(token.at(-1)!) ^ 1];
}
