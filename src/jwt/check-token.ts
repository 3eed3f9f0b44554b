import { base64url, errors, jwtVerify, type JWTPayload } from "jose";
import { limits } from "../shared/limits.js";
import type { Keyring } from "./keyring.js";
import { KeysUnavailableError } from "./public-keyring.js";

export const ISSUER = "trpc-userdo";

/** The purpose of a token. The header's `typ` names it, so that a token is never accepted for another purpose. */
export interface TokenPurpose {
  readonly typ: string;
  /** The highest age of a token of this purpose, in seconds. It applies in addition to `exp`. */
  readonly maxAge: number;
}

/**
 * Why a token is not valid.
 *
 * - `malformed`: missing, truncated, too long, or with claims of the wrong type
 * - `algorithm`: signed with an algorithm that the keys do not allow, or not signed
 * - `unknownKey`: names a key that the keyring does not contain
 * - `signature`: changed after it was signed, or signed with another key
 * - `purpose`: valid, but for another purpose
 * - `issuer`: issued by another framework
 * - `audience`: issued for another app
 * - `expired`: no longer valid; the app can issue a new one
 * - `notYetValid`: issued in the future, which can mean that a clock is wrong
 * - `keysUnavailable`: the app's public keys could not be fetched, so the token was not checked. Try again later
 *
 * @see https://www.rfc-editor.org/rfc/rfc7519
 */
export type JwtError =
  | "malformed"
  | "algorithm"
  | "unknownKey"
  | "signature"
  | "purpose"
  | "issuer"
  | "audience"
  | "expired"
  | "notYetValid"
  | "keysUnavailable";

export type CheckedToken =
  | { readonly ok: true; readonly payload: JWTPayload }
  | { readonly ok: false; readonly error: JwtError };

export interface CheckTokenOptions {
  readonly purpose: TokenPurpose;
  readonly keyring: Keyring;
  readonly audience: string;
  /**
   * How far clocks may differ, in seconds.
   * @default 0
   */
  readonly clockTolerance?: number;
}

/** Checks the signature, the purpose and all registered claims of a token. Does not throw for an invalid token. */
export async function checkToken(token: unknown, options: CheckTokenOptions): Promise<CheckedToken> {
  if (typeof token !== "string" || token.length > limits.tokenLength) return { ok: false, error: "malformed" };
  const { purpose, keyring, audience, clockTolerance = 0 } = options;
  try {
    const { payload } = await jwtVerify(
      token,
      async (header) => {
        const key = await keyring.find(header);
        if (!key) throw new errors.JWKSNoMatchingKey();
        return key;
      },
      {
        algorithms: [...keyring.algorithms],
        typ: purpose.typ,
        issuer: ISSUER,
        audience,
        maxTokenAge: purpose.maxAge,
        requiredClaims: ["sub", "exp", "iat"],
        clockTolerance,
        currentDate: new Date(),
      },
    );
    // With several audiences, one app could use the token at another.
    if (typeof payload.aud !== "string") return { ok: false, error: "audience" };
    if (typeof payload.sub !== "string") return { ok: false, error: "malformed" };
    return isCanonical(token) ? { ok: true, payload } : { ok: false, error: "signature" };
  } catch (error) {
    return { ok: false, error: jwtErrorOf(error) };
  }
}

/** The last character of a signature has unused bits. A token that differs in them has a valid signature, but was altered. */
function isCanonical(token: string): boolean {
  const signature = token.slice(token.lastIndexOf(".") + 1);
  return base64url.encode(base64url.decode(signature)) === signature;
}

const ERROR_OF_CLAIM: Readonly<Record<string, JwtError>> = {
  typ: "purpose",
  iss: "issuer",
  aud: "audience",
  nbf: "notYetValid",
  iat: "notYetValid",
};

function jwtErrorOf(error: unknown): JwtError {
  if (error instanceof KeysUnavailableError) return "keysUnavailable";
  if (error instanceof errors.JWTExpired) return "expired";
  if (error instanceof errors.JWTClaimValidationFailed) {
    return error.reason === "check_failed" ? (ERROR_OF_CLAIM[error.claim] ?? "malformed") : missingClaim(error.claim);
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) return "signature";
  if (error instanceof errors.JOSEAlgNotAllowed) return "algorithm";
  if (error instanceof errors.JWKSNoMatchingKey) return "unknownKey";
  if (error instanceof errors.JOSEError || isCausedByToken(error)) return "malformed";
  throw error;
}

function missingClaim(claim: string): JwtError {
  return claim === "aud" || claim === "iss" ? (ERROR_OF_CLAIM[claim] ?? "malformed") : "malformed";
}

/** jose throws these errors for a header that does not fit the key. */
function isCausedByToken(error: unknown): boolean {
  return error instanceof TypeError || error instanceof SyntaxError;
}
