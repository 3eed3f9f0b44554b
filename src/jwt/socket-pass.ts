import { anonymous, type Caller } from "../shared/caller.js";
import { secretKeyring } from "./secret-keyring.js";
import { signToken, verifyToken } from "./signed-token.js";
import type { SigningSecrets } from "./signing-secrets.js";

const purpose = { typ: "socket+jwt", maxAge: 30 };

interface Options {
  readonly secrets: SigningSecrets;
  readonly audience: string;
}

/** Who opens a socket, as the Worker found out. */
export interface SocketPass {
  readonly caller: Caller;
  /** The name of the object that the socket goes to. */
  readonly to: string;
  /** When the access token behind it lapses, in milliseconds since the epoch. */
  readonly expiresAt: number;
}

/**
 * Vouches for the caller of an upgrade. A socket can only reach an object as a plain request, whose headers an
 * app might copy from the outside; signed, they cannot be made up.
 */
export function signSocketPass(pass: SocketPass, { secrets, audience }: Options): Promise<string> {
  const { caller, to, expiresAt } = pass;
  const payload = { sub: to, caller, lapses: expiresAt };
  return signToken({ purpose, keyring: secretKeyring(secrets), payload, audience, expiresAt: Date.now() + 30_000 });
}

/** Reads a pass for the object named `to`, `undefined` for anything else. */
export async function verifySocketPass(
  token: string,
  to: string,
  { secrets, audience }: Options,
): Promise<SocketPass | undefined> {
  const payload = await verifyToken(token, { purpose, keyring: secretKeyring(secrets), audience });
  if (payload?.sub !== to || typeof payload["lapses"] !== "number") return undefined;
  return { caller: (payload["caller"] as Caller | undefined) ?? anonymous, to, expiresAt: payload["lapses"] };
}
