import { base64url, errors, jwtVerify, type JWTPayload } from "jose";
import { limits } from "../shared/limits.js";
import type { Keyring } from "./keyring.js";
import { KeysUnavailable } from "./public-keyring.js";

export const ISSUER = "trpc-userdo";

/** What a token is for. It stands in the header's `typ`, so that one purpose never passes for another. */
export interface TokenPurpose {
  readonly typ: string;
  /** How old a token of this purpose may be, in seconds, whatever its `exp` says. */
  readonly maxAge: number;
}

/**
 * Why a token does not hold.
 *
 * - `malformed`: no token, cut short, too long, or with claims of the wrong type
 * - `algorithm`: signed in another way than the keys allow, or not at all
 * - `unknownKey`: names a key that is none of these
 * - `signature`: changed after it was signed, or signed by somebody else
 * - `purpose`: a good token, for something else
 * - `issuer`, `audience`: of another framework, or another app
 * - `expired`: was good, and may be renewed
 * - `notYetValid`: its time, or the clock of whoever signed it, is ahead
 * - `keysUnavailable`: the app's public keys could not be fetched; nothing is known about the token
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
  /** How far clocks may differ, in seconds. */
  readonly clockTolerance?: number;
}

/** Checks a token in every respect. Throws for no token, however it was made. */
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
    // One audience each: a token for several apps could be carried from one to another.
    if (typeof payload.aud !== "string") return { ok: false, error: "audience" };
    if (typeof payload.sub !== "string") return { ok: false, error: "malformed" };
    return isCanonical(token) ? { ok: true, payload } : { ok: false, error: "signature" };
  } catch (error) {
    return { ok: false, error: reasonOf(error) };
  }
}

/** A signature's last character has bits to spare. One that differs in them is the same signature, but not the token. */
function isCanonical(token: string): boolean {
  const signature = token.slice(token.lastIndexOf(".") + 1);
  return base64url.encode(base64url.decode(signature)) === signature;
}

const CLAIMS: Readonly<Record<string, JwtError>> = {
  typ: "purpose",
  iss: "issuer",
  aud: "audience",
  nbf: "notYetValid",
  iat: "notYetValid",
};

function reasonOf(error: unknown): JwtError {
  if (error instanceof KeysUnavailable) return "keysUnavailable";
  if (error instanceof errors.JWTExpired) return "expired";
  if (error instanceof errors.JWTClaimValidationFailed) {
    return error.reason === "check_failed" ? (CLAIMS[error.claim] ?? "malformed") : missing(error.claim);
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) return "signature";
  if (error instanceof errors.JOSEAlgNotAllowed) return "algorithm";
  if (error instanceof errors.JWKSNoMatchingKey) return "unknownKey";
  if (error instanceof errors.JOSEError || isTokensFault(error)) return "malformed";
  throw error;
}

function missing(claim: string): JwtError {
  return claim === "aud" || claim === "iss" ? (CLAIMS[claim] ?? "malformed") : "malformed";
}

/** What jose throws for a header that names things it cannot use with the key that was found. */
function isTokensFault(error: unknown): boolean {
  return error instanceof TypeError || error instanceof SyntaxError;
}
