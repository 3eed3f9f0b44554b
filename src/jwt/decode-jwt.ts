import { decodeJwt as decode, type JWTPayload } from "jose";
import { limits } from "../shared/limits.js";

/**
 * Reads the claims of a token without any check, so the sender may have made them up. Use it for display. To authorize,
 * use `verifyJwt`.
 *
 * @returns the claims; `undefined` for a malformed token
 * @example
 * ```ts
 * const userId = decodeJwt(token)?.sub;
 * ```
 */
export function decodeJwt(token: string | null | undefined): JWTPayload | undefined {
  if (typeof token !== "string" || token.length > limits.tokenLength) return undefined;
  try {
    return decode(token);
  } catch {
    return undefined;
  }
}

/**
 * Whether a token has expired. A token without `exp` never expires. A token with an `exp` that is not a number is expired.
 *
 * @param now the current time in milliseconds since the epoch
 */
export function isTokenExpired({ exp }: { readonly exp?: unknown }, now: number = Date.now()): boolean {
  if (exp === undefined) return false;
  return typeof exp !== "number" || !(exp * 1000 > now);
}

/** Returns the email address in a token; `undefined` if it has none. Like {@link decodeJwt}, it does not check the token. */
export function getEmailFromToken(token: string | null | undefined): string | undefined {
  const email = decodeJwt(token)?.["email"];
  return typeof email === "string" ? email : undefined;
}
