import { secretKeyring, type SigningSecrets } from "./keyring.js";
import { signToken, verifyToken } from "./signed-token.js";

/** How long a ticket can be used, in seconds. */
export const SOCKET_TICKET_LIFETIME = 30;

const purpose = { typ: "socket-ticket+jwt", maxAge: SOCKET_TICKET_LIFETIME };

interface Options {
  readonly secrets: SigningSecrets;
  /** The name of the app's binding. */
  readonly audience: string;
}

/** The id of a ticket, and the user whose object issued it. That object stores everything else about the ticket. */
export interface SocketTicket {
  readonly userId: string;
  readonly id: string;
}

/**
 * Signs a ticket, so that the Worker rejects a forged one without a request to an object.
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

/** Returns a ticket with a valid signature; `undefined` for any other. It may have been used before. */
export async function verifySocketTicket(
  ticket: string,
  { secrets, audience }: Options,
): Promise<SocketTicket | undefined> {
  const payload = await verifyToken(ticket, { purpose, keyring: secretKeyring(secrets), audience });
  return payload?.sub === undefined || payload.jti === undefined ? undefined : { userId: payload.sub, id: payload.jti };
}
