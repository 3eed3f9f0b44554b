import { createHash, randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import phc from "@phc/format";
import { normalizePassword } from "../../../shared/normalize-password.js";
import { derivePbkdf2, NATIVE_ITERATIONS } from "./derive-pbkdf2.js";
import { remainingWork } from "./remaining-work.js";
import { passwordCost as current, type PasswordCost } from "./password-cost.js";
import {
  encodeBase64,
  HASH_BYTES,
  isCurrentCost,
  parsePasswordHash,
  parseStoredHash,
  type StoredHash,
} from "./password-hash.js";

const SALT_BYTES = 16;

/** A hash that is checked for an unknown account, so that the answer takes the same time. */
const decoy = `$scrypt$ln=${current.ln},r=${current.r},p=${current.p}$${"A".repeat(22)}$${"A".repeat(43)}`;

/** Hashes a password in its normalized form into a PHC string. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await deriveScrypt(normalizePassword(password), salt, { ...current, length: HASH_BYTES });
  // A copy, because serialize() rewrites the object it is given.
  return phc.serialize({ id: "scrypt", params: { ...current }, salt, hash });
}

/**
 * Returns a hash that no password matches, for an account without a password. A check of a password takes as long as for any
 * other account, and fails.
 */
export function unusableHash(): string {
  return phc.serialize({
    id: "scrypt",
    params: { ...current },
    salt: randomBytes(SALT_BYTES),
    hash: randomBytes(HASH_BYTES),
  });
}

/**
 * Returns the text that is stored for a hash of another system. The digest of SHA-256, a fast function, is hashed again with
 * scrypt, so that it is never stored itself.
 *
 * @param maxIterations the most iterations of PBKDF2
 * @throws ReasonedError BAD_REQUEST (PASSWORD_HASH_INVALID)
 */
export async function importHash(text: string, maxIterations: number): Promise<string> {
  const given = parsePasswordHash(text, maxIterations);
  if (given.type !== "sha256") return text;
  const salt = randomBytes(SALT_BYTES);
  const hash = await deriveScrypt(given.hash, salt, { ...current, length: HASH_BYTES });
  return phc.serialize({
    id: "scrypt-sha256",
    params: { ...current, s: encodeBase64(given.salt) },
    salt,
    hash,
  });
}

/**
 * Whether a password matches the stored hash, and whether the hash should be replaced because its parameters are outdated.
 * Without a stored hash, does the same work as for a wrong password and returns false.
 *
 * Earlier versions, and other systems, hashed a password exactly as typed. If the normalized form does not match, that form is
 * tried too, and a match is outdated. Only a password that is not normalized costs this second derivation.
 *
 * @param maxIterations the most iterations of PBKDF2 that imported hashes have. Each wrong password takes as long as if the
 * account had such a hash
 */
export async function verifyPassword(
  password: string,
  stored: string | undefined,
  maxIterations: number,
): Promise<{ ok: boolean; outdated: boolean }> {
  const known = parseStoredHash(stored ?? decoy);
  const outdated = !isCurrent(known);
  const isNative = maxIterations <= NATIVE_ITERATIONS;
  async function matches(form: string): Promise<boolean> {
    if (timingSafeEqual(await derive(form, known, isNative), known.hash) && stored !== undefined) return true;
    // Otherwise the time would show which addresses have an imported hash.
    const { costs, iterations } = remainingWork(known, maxIterations);
    for (const cost of costs) await deriveScrypt(form, known.salt, { ...cost, length: HASH_BYTES });
    if (iterations > 0) await derivePbkdf2(form, { salt: known.salt, length: HASH_BYTES, iterations, isNative });
    return false;
  }
  const normalized = normalizePassword(password);
  if (await matches(normalized)) return { ok: true, outdated };
  const isRaw = normalized !== password && (await matches(password));
  return { ok: isRaw, outdated: isRaw || outdated };
}

function isCurrent(known: StoredHash): boolean {
  return known.type === "scrypt" && isCurrentCost(known.cost) && known.hash.length === HASH_BYTES;
}

function derive(password: string, known: StoredHash, isNative: boolean): Promise<Buffer> {
  const { salt, hash } = known;
  const { length } = hash;
  if (known.type === "pbkdf2-sha256")
    return derivePbkdf2(password, { salt, length, iterations: known.iterations, isNative });
  const input =
    known.type === "scrypt" ? password : createHash("sha256").update(known.innerSalt).update(password).digest();
  return deriveScrypt(input, salt, { ...known.cost, length });
}

function deriveScrypt(
  password: string | Buffer,
  salt: Buffer,
  { ln, r, p, length }: PasswordCost & { readonly length: number },
): Promise<Buffer> {
  const N = 2 ** ln;
  // Node's default limit of 32 MiB is just below what these parameters take.
  const options = { N, r, p, maxmem: 2 * 128 * N * r };
  return new Promise((resolve, reject) => {
    scrypt(password, salt, length, options, (error, key) => (error ? reject(error) : resolve(key)));
  });
}
