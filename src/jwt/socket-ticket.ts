import { secretKeyring } from "./secret-keyring.js";
import { signToken, verifyToken } from "./signed-token.js";
import type { SigningSecrets } from "./signing-secrets.js";

/** How long a ticket can be used, in seconds. */
export const SOCKET_TICKET_LIFETIME = 30;

const purpose = { typ: "socket-ticket+jwt", maxAge: SOCKET_TICKET_LIFETIME };

interface Options {
  readonly secrets: SigningSecrets;
  /** The name of the app's binding. */
  readonly audience: string;
}

/** Which ticket it is, and which user's object issued it. All else is known to that object alone. */
export interface SocketTicket {
  readonly userId: string;
  readonly id: string;
}

/**
 * Signs a ticket, so that the Worker can refuse a forged one without asking any object.
 *
 * @param expiresAt milliseconds since the epoch
 */
export function signSocketTicket(
  { userId, id }: SocketTicket,
  expiresAt: number,
  { secrets, audience }: Options,
): Promise<string> {
  return signToken({
    purpose,
    keyring: secretKeyring(secrets),
    payload: { sub: userId, jti: id },
    audience,
    expiresAt,
  });
}

/** Reads a ticket with a valid signature; `undefined` for anything else. It may have been used before. */
export async function verifySocketTicket(
  ticket: string,
  { secrets, audience }: Options,
): Promise<SocketTicket | undefined> {
  const payload = await verifyToken(ticket, { purpose, keyring: secretKeyring(secrets), audience });
  return payload?.sub === undefined || payload.jti === undefined ? undefined : { userId: payload.sub, id: payload.jti };
}
