import { anonymous, type Caller } from "../shared/caller.js";
import { secretKeyring, type SigningSecrets } from "./keyring.js";
import { signToken, verifyToken } from "./signed-token.js";

const purpose = { typ: "socket+jwt", maxAge: 30 };

interface Options {
  readonly secrets: SigningSecrets;
  readonly audience: string;
}

/** The caller of a socket, as the Worker authenticated it. */
export interface SocketPass {
  readonly caller: Caller;
  /** The name of the object that accepts the socket. */
  readonly to: string;
  /** When the access token of the caller expires, in milliseconds since the epoch. */
  readonly expiresAt: number;
}

/**
 * Signs the caller of an upgrade. A socket is passed to an object as a plain request, and an app might copy the headers of
 * the client's request into it. A client cannot forge a signed header.
 */
export function signSocketPass(pass: SocketPass, { secrets, audience }: Options): Promise<string> {
  const { caller, to, expiresAt } = pass;
  const payload = { sub: to, caller, lapses: expiresAt };
  return signToken({ purpose, keyring: secretKeyring(secrets), payload, audience, expiresAt: Date.now() + 30_000 });
}

/** Returns a valid pass for the object named `to`; `undefined` for any other. */
export async function verifySocketPass(
  token: string,
  to: string,
  { secrets, audience }: Options,
): Promise<SocketPass | undefined> {
  const payload = await verifyToken(token, { purpose, keyring: secretKeyring(secrets), audience });
  if (payload?.sub !== to || typeof payload["lapses"] !== "number") return undefined;
  return { caller: (payload["caller"] as Caller | undefined) ?? anonymous, to, expiresAt: payload["lapses"] };
}
