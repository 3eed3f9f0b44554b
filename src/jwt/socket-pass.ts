import { anonymous, type Caller } from "../shared/caller.js";
import { signToken, verifyToken, type SignTokenOptions } from "./signed-token.js";

const purpose = { typ: "socket+jwt", maxAge: 30 };

type Options = Pick<SignTokenOptions, "secrets" | "audience">;

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
export function signSocketPass(pass: SocketPass, options: Options): Promise<string> {
  const { caller, to, expiresAt } = pass;
  const payload = { sub: to, caller, lapses: expiresAt };
  return signToken({ purpose, payload, expiresAt: Date.now() + 30_000, ...options });
}

/** Reads a pass for the object named `to`, `undefined` for anything else. */
export async function verifySocketPass(token: string, to: string, options: Options): Promise<SocketPass | undefined> {
  const payload = await verifyToken(token, { purpose, ...options });
  if (payload?.sub !== to || typeof payload["lapses"] !== "number") return undefined;
  return { caller: (payload["caller"] as Caller | undefined) ?? anonymous, to, expiresAt: payload["lapses"] };
}
