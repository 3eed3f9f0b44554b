import { errors, jwtVerify, SignJWT, type JWTPayload } from "jose";
import { kidOf, secretOf, type SigningSecrets } from "./signing-secrets.js";

const ISSUER = "trpc-userdo";
const MAX_LENGTH = 4_096;

/** What a token is for. It stands in the header's `typ`, so that one purpose never passes for another. */
export interface TokenPurpose {
  readonly typ: string;
  /** How old a token of this purpose may be, in seconds, whatever its `exp` says. */
  readonly maxAge: number;
}

export interface SignTokenOptions {
  readonly purpose: TokenPurpose;
  readonly secrets: SigningSecrets;
  /** Who may accept it: the name of the app's binding. */
  readonly audience: string;
  readonly payload: JWTPayload & { readonly sub: string };
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** Signs a token of one purpose (HS256, RFC 7519). */
export async function signToken(options: SignTokenOptions): Promise<string> {
  const { purpose, secrets, audience, payload, expiresAt } = options;
  return new SignJWT(payload)
    .setProtectedHeader({ alg: "HS256", typ: purpose.typ, kid: await kidOf(secrets.current) })
    .setIssuer(ISSUER)
    .setAudience(audience)
    .setIssuedAt(Math.floor(Date.now() / 1000))
    .setExpirationTime(Math.floor(expiresAt / 1000))
    .sign(new TextEncoder().encode(secrets.current));
}

/** The payload of a token that holds in every respect, `undefined` for any other. */
export async function verifyToken(
  token: string,
  options: Pick<SignTokenOptions, "purpose" | "secrets" | "audience">,
): Promise<JWTPayload | undefined> {
  if (token.length > MAX_LENGTH) return undefined;
  const { purpose, secrets, audience } = options;
  try {
    const { payload } = await jwtVerify(
      token,
      async ({ kid }) => {
        const secret = await secretOf(secrets, kid);
        if (!secret) throw new errors.JWKSNoMatchingKey();
        return secret;
      },
      {
        algorithms: ["HS256"],
        typ: purpose.typ,
        issuer: ISSUER,
        audience,
        maxTokenAge: purpose.maxAge,
        requiredClaims: ["sub", "exp", "iat"],
        clockTolerance: 0,
        currentDate: new Date(),
      },
    );
    return payload;
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined;
    throw error;
  }
}
