import { decodeJwt as decode, type JWTPayload } from "jose";
import { limits } from "../shared/limits.js";

/**
 * Reads a token's claims without checking anything: whoever sent it may have made them up. For showing, never for
 * deciding; that takes `verifyJwt`. `undefined` for what is no token.
 */
export function decodeJwt(token: string | null | undefined): JWTPayload | undefined {
  if (typeof token !== "string" || token.length > limits.tokenLength) return undefined;
  try {
    return decode(token);
  } catch {
    return undefined;
  }
}

/** Whether a token's time is over. One that says no time never expires; one whose time is no number always has. */
export function isTokenExpired({ exp }: { readonly exp?: unknown }, now: number = Date.now()): boolean {
  if (exp === undefined) return false;
  return typeof exp !== "number" || !(exp * 1000 > now);
}

/**
 * The address that a token names, unchecked as by {@link decodeJwt}; `undefined` when it names none.
 */
export function getEmailFromToken(token: string | null | undefined): string | undefined {
  const email = decodeJwt(token)?.["email"];
  return typeof email === "string" ? email : undefined;
}
