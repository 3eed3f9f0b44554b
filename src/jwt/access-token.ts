import { keyPairKeyring } from "./key-pair-keyring.js";
import { secretKeyring, type SigningKeyring, type SigningSecrets } from "./keyring.js";
import type { TokenPurpose } from "./check-token.js";
import { signToken, verifyToken } from "./signed-token.js";

/** @internal */
export const accessPurpose: TokenPurpose = { typ: "at+jwt", maxAge: 24 * 60 * 60 };

/** The claims of an access token: the user whose object handles the call, and the session. */
export interface AccessClaims {
  readonly userId: string;
  readonly sessionId: string;
  /**
   * The generation of the refresh token that was issued with it. `undefined` in a token that was signed by an earlier
   * version, or by the app itself.
   */
  readonly generation?: number | undefined;
}

interface Options {
  readonly secrets: SigningSecrets;
  readonly audience: string;
}

/**
 * Signs a short-lived token. With it the Worker routes a call without a request to an object, and other services identify
 * the user. `email` is for other services; the framework reads the address from the user's object.
 */
export function signAccessToken(
  { userId, sessionId, generation, email }: AccessClaims & { readonly email?: string },
  { secrets, audience, expiresAt }: Options & { readonly expiresAt: number },
): Promise<string> {
  const payload = {
    sub: userId,
    sid: sessionId,
    jti: crypto.randomUUID(),
    ...(generation !== undefined && { generation }),
    ...(email !== undefined && { email }),
  };
  return signToken({ purpose: accessPurpose, keyring: accessKeyring(secrets), payload, audience, expiresAt });
}

/**
 * Returns the claims of a valid access token, and its expiry in milliseconds since the epoch; `undefined` for an invalid
 * one.
 */
export async function verifyAccessToken(
  token: string,
  { secrets, audience }: Options,
): Promise<(AccessClaims & { readonly expiresAt: number }) | undefined> {
  const payload = await verifyToken(token, { purpose: accessPurpose, keyring: accessKeyring(secrets), audience });
  if (typeof payload?.sub !== "string" || typeof payload["sid"] !== "string") return undefined;
  const { sub: userId, sid: sessionId, generation } = payload;
  return {
    userId,
    sessionId,
    ...(typeof generation === "number" && { generation }),
    expiresAt: Number(payload.exp) * 1000,
  };
}

/** Uses only the key pair if there is one: other services cannot trust a token that the shared secret could have signed. */
function accessKeyring({ keyPair, ...secrets }: SigningSecrets): SigningKeyring {
  return keyPair ? keyPairKeyring(keyPair) : secretKeyring(secrets);
}
