import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import phc from "@phc/format";
import { normalizePassword } from "../../../shared/normalize-password.js";
import { passwordCost as current, type PasswordCost as Parameters } from "./password-cost.js";

/**
 * Parameters that a stored hash can have: the current ones, and others that OWASP lists as equivalent and that need no more
 * memory, for imported accounts. Others are rejected, because they could require unbounded work.
 *
 * @see https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
 */
const allowed: readonly Parameters[] = [current, { ln: 14, r: 8, p: 5 }, { ln: 13, r: 8, p: 10 }];

const HASH_BYTES = 32;
const SALT_BYTES = 16;

/** A hash that is checked for an unknown account, so that the answer takes the same time. */
const decoy = `$scrypt$ln=${current.ln},r=${current.r},p=${current.p}$${"A".repeat(22)}$${"A".repeat(43)}`;

/** Hashes a password in its normalized form into a PHC string. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  // A copy, because serialize() rewrites the object it is given.
  const hash = await derive(normalizePassword(password), salt, current);
  return phc.serialize({ id: "scrypt", params: { ...current }, salt, hash });
}

/**
 * Whether a password matches the stored hash, and whether the hash should be replaced because its parameters are outdated.
 * Without a stored hash, does the same work as for a wrong password and returns false.
 *
 * Earlier versions hashed a password exactly as typed. If the normalized form does not match, that form is tried too,
 * and a match is outdated. Only a password that is not normalized costs this second derivation.
 */
export async function verifyPassword(
  password: string,
  stored: string | undefined,
): Promise<{ ok: boolean; outdated: boolean }> {
  const { id, params, salt, hash } = phc.deserialize(stored ?? decoy);
  const parameters = allowed.find(({ ln, r, p }) => params?.["ln"] === ln && params["r"] === r && params["p"] === p);
  if (id !== "scrypt" || !parameters || !salt || hash?.length !== HASH_BYTES) {
    throw new Error("The stored password hash has parameters that are not on the allow-list.");
  }
  const matches = async (form: string): Promise<boolean> =>
    timingSafeEqual(await derive(form, salt, parameters), hash) && stored !== undefined;
  const normalized = normalizePassword(password);
  if (await matches(normalized)) return { ok: true, outdated: parameters !== current };
  const isRaw = normalized !== password && (await matches(password));
  return { ok: isRaw, outdated: isRaw || parameters !== current };
}

function derive(password: string, salt: Buffer, { ln, r, p }: Parameters): Promise<Buffer> {
  const N = 2 ** ln;
  // Node's default limit of 32 MiB is just below what these parameters take.
  const options = { N, r, p, maxmem: 2 * 128 * N * r };
  return new Promise((resolve, reject) => {
    scrypt(password, salt, HASH_BYTES, options, (error, key) => (error ? reject(error) : resolve(key)));
  });
}
