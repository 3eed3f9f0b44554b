import { keyPairKeyring } from "./key-pair-keyring.js";
import type { SigningKeyring } from "./keyring.js";
import { secretKeyring } from "./secret-keyring.js";
import type { TokenPurpose } from "./check-token.js";
import { signToken, verifyToken } from "./signed-token.js";
import type { SigningSecrets } from "./signing-secrets.js";

/** @internal */
export const accessPurpose: TokenPurpose = { typ: "at+jwt", maxAge: 24 * 60 * 60 };

/** What an access token says: whose object to go to, and on which session's behalf. */
export interface AccessClaims {
  readonly userId: string;
  readonly sessionId: string;
  /**
   * The generation of the refresh token that was issued with it. `undefined` in a token that an earlier version, or the
   * app itself, signed.
   */
  readonly generation?: number | undefined;
}

interface Options {
  readonly secrets: SigningSecrets;
  readonly audience: string;
}

/**
 * A short-lived token that lets the Worker route a call without asking any object, and tells other services who it
 * is. `email` is for them: in here the user's own object knows it better.
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
 * The claims of a valid access token, and when it expires in milliseconds since the epoch; `undefined` for
 * anything else.
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

/** With a key pair, it alone: a token that anyone with the secret could have made says nothing to other services. */
function accessKeyring({ keyPair, ...secrets }: SigningSecrets): SigningKeyring {
  return keyPair ? keyPairKeyring(keyPair) : secretKeyring(secrets);
}
