import { pbkdf2 } from "node:crypto";
import { pbkdf2Async } from "@noble/hashes/pbkdf2.js";
import { sha256 } from "@noble/hashes/sha2.js";

/** The platform rejects more iterations in production, but not in local development. */
export const NATIVE_ITERATIONS = 100_000;

interface Pbkdf2Options {
  readonly salt: Buffer;
  readonly iterations: number;
  /** In bytes. */
  readonly length: number;
  /** Whether the platform's function is used if it accepts the iterations. Each iteration of the other takes longer. */
  readonly isNative: boolean;
}

/** Derives a key with PBKDF2-HMAC-SHA-256. */
export async function derivePbkdf2(
  password: string,
  { salt, iterations, length, isNative }: Pbkdf2Options,
): Promise<Buffer> {
  if (!isNative || iterations > NATIVE_ITERATIONS)
    return Buffer.from(await pbkdf2Async(sha256, password, salt, { c: iterations, dkLen: length }));
  return new Promise((resolve, reject) => {
    pbkdf2(password, salt, iterations, length, "sha256", (error, key) => (error ? reject(error) : resolve(key)));
  });
}
