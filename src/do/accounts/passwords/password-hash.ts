import { ReasonedError } from "../../../router/reasoned-error.js";
import { passwordCost as current, type PasswordCost } from "./password-cost.js";

interface Hashed {
  readonly salt: Buffer;
  readonly hash: Buffer;
}

/** The parsed text of a password hash, in the format of PHC strings. */
export type PasswordHash =
  | (Hashed & { readonly type: "scrypt"; readonly cost: PasswordCost })
  | (Hashed & { readonly type: "pbkdf2-sha256"; readonly iterations: number })
  /** The hash of `sha256(innerSalt + password)` with scrypt. */
  | (Hashed & { readonly type: "scrypt-sha256"; readonly cost: PasswordCost; readonly innerSalt: Buffer })
  /** The digest `sha256(salt + password)` of another system. It is never stored. */
  | (Hashed & { readonly type: "sha256" });

export const HASH_BYTES = 32;

/** The work and the memory of the parameters with which passwords are hashed: 32 MiB. Hashes with more are rejected. */
const MAX_WORK = 2 ** 15 * 8 * 3;
const MAX_MEMORY_BYTES = 2 ** 25;
/** Fewer rounds protect nothing, and would allow values of `r` and `p` that need much memory. */
const MIN_LN = 10;
/** PBKDF2 iterates once for each 32 bytes of its output. */
const PBKDF2_BLOCK_BYTES = 32;
/** The most iterations of PBKDF2 that an app can allow. */
export const MAX_ITERATIONS = 1_000_000;

const PHC =
  /^\$([a-z\d-]{1,32})(?:\$((?:[a-z\d-]{1,32}=[a-zA-Z\d/+]{1,128}(?:,(?=[a-z])|(?=\$)))+))?\$([a-zA-Z\d/+]+)\$([a-zA-Z\d/+]+)$/;
const NUMBER = /^[1-9]\d{0,8}$/;

/**
 * Parses a hash of an account that another system created. Rejects parameters that would require more work or memory than this
 * package's own, before anything is hashed.
 *
 * @param maxIterations the most iterations of PBKDF2
 * @throws ReasonedError BAD_REQUEST (PASSWORD_HASH_INVALID)
 */
export function parsePasswordHash(text: string, maxIterations: number): PasswordHash {
  const hash = parse(text);
  const isLong = typeof hash === "object" && hash.type === "pbkdf2-sha256" && iterationsOf(hash) > maxIterations;
  const parsed = isLong
    ? `has more than ${maxIterations} iterations, which count twice for more than 32 bytes. Set \`maxImportedIterations\``
    : hash;
  if (typeof parsed === "object") return parsed;
  throw new ReasonedError({
    code: "BAD_REQUEST",
    reason: "PASSWORD_HASH_INVALID",
    message: `The password hash ${parsed}. Create the account without it, and the user sets a password by mail.`,
  });
}

/** A hash that was stored. The digest of another system is not. */
export type StoredHash = Exclude<PasswordHash, { readonly type: "sha256" }>;

/** Parses a hash that was stored. @throws Error if its parameters are not on the allow-list */
export function parseStoredHash(text: string): StoredHash {
  const parsed = parse(text);
  if (typeof parsed === "object" && parsed.type !== "sha256") return parsed;
  throw new Error("The stored password hash has parameters that are not on the allow-list.");
}

/** Returns the hash, or why it is not valid. */
function parse(text: string): PasswordHash | string {
  const [, type = "", list, salt64, hash64] = PHC.exec(text) ?? [];
  const salt = decodeBase64(salt64);
  const hash = decodeBase64(hash64);
  if (!salt || !hash) return "is not a PHC string. Write it as $id$params$salt$hash, in base64 without padding";
  if (salt.length > 64) return "has a salt of more than 64 bytes";
  if (hash.length < 16 || hash.length > 64) return "does not have 16 to 64 bytes";
  const params = new Map(list?.split(",").map((each): [string, string] => splitOnce(each)) ?? []);
  switch (type) {
    case "scrypt": {
      const cost = readCost(params);
      if (typeof cost === "string") return cost;
      return params.size === 3 ? { type, cost, salt, hash } : unknownParams;
    }
    case "scrypt-sha256": {
      const cost = readCost(params);
      if (typeof cost === "string") return cost;
      const innerSalt = decodeBase64(params.get("s"));
      return params.size === 4 && innerSalt ? { type, cost, innerSalt, salt, hash } : unknownParams;
    }
    case "pbkdf2-sha256": {
      const iterations = readNumber(params, "i");
      if (iterations === undefined || params.size > (params.has("l") ? 2 : 1)) return unknownParams;
      if (params.has("l") && readNumber(params, "l") !== hash.length) return "has another length than its parameter l";
      if (iterationsOf({ iterations, hash }) > MAX_ITERATIONS)
        return `has more than ${MAX_ITERATIONS} iterations, which count twice for more than 32 bytes`;
      return { type, iterations, salt, hash };
    }
    case "sha256":
      if (hash.length !== 32) return "does not have the 32 bytes of SHA-256";
      return params.size === 0 ? { type, salt, hash } : unknownParams;
    default:
      return `has the unknown id ${JSON.stringify(type)}. Known are scrypt, pbkdf2-sha256, sha256 and scrypt-sha256`;
  }
}

const unknownParams = "has parameters that are missing or unknown";

function readCost(params: ReadonlyMap<string, string>): PasswordCost | string {
  const [ln, r, p] = [readNumber(params, "ln"), readNumber(params, "r"), readNumber(params, "p")];
  if (ln === undefined || r === undefined || p === undefined) return unknownParams;
  const cost = { ln, r, p };
  if (isCurrentCost(cost)) return cost;
  if (ln < MIN_LN) return `has a parameter ln of less than ${MIN_LN}`;
  if (2 ** ln * r * 128 > MAX_MEMORY_BYTES) return "needs more than 32 MiB of memory";
  if (workOf(cost) > MAX_WORK) return "takes too long to check";
  return cost;
}

export function isCurrentCost({ ln, r, p }: PasswordCost): boolean {
  return ln === current.ln && r === current.r && p === current.p;
}

/** The iterations that PBKDF2 takes for a hash of any length. */
export function iterationsOf({ iterations, hash }: { readonly iterations: number; readonly hash: Buffer }): number {
  return iterations * Math.ceil(hash.length / PBKDF2_BLOCK_BYTES);
}

/** The time that scrypt takes, in its own unit. */
export function workOf({ ln, r, p }: PasswordCost): number {
  return 2 ** ln * r * p;
}

function readNumber(params: ReadonlyMap<string, string>, name: string): number | undefined {
  const value = params.get(name);
  return value !== undefined && NUMBER.test(value) ? Number(value) : undefined;
}

function splitOnce(text: string): [string, string] {
  const at = text.indexOf("=");
  return [text.slice(0, at), text.slice(at + 1)];
}

/** `undefined` for a text that is not the canonical encoding: another decoder could read other bytes. */
function decodeBase64(text: string | undefined): Buffer | undefined {
  if (text === undefined) return undefined;
  const bytes = Buffer.from(text, "base64");
  return encodeBase64(bytes) === text ? bytes : undefined;
}

/** Base64 without padding, as in PHC strings. */
export function encodeBase64(bytes: Buffer): string {
  return bytes.toString("base64").replace(/=+$/, "");
}
