import { verifySocketTicket } from "../../jwt/socket-ticket.js";
import { stubOf } from "../../shared/object-stub.js";
import type { Configuration } from "../configuration.js";
import type { Refusal } from "../gate/refusal.js";
import type { Identity } from "./authenticate.js";

/** Finds out who opens a socket with a ticket, which is used up. A forged or expired one does not reach any object. */
export async function redeemTicket(
  ticket: string,
  organizationId: string | undefined,
  { namespace, secrets, binding }: Configuration,
): Promise<Identity | undefined> {
  const claims = await verifySocketTicket(ticket, { secrets: secrets.jwt, audience: binding });
  if (!claims) return undefined;
  const stub = stubOf(namespace, { type: "user", id: claims.userId });
  const redeemed = await stub.internal({ op: "redeemSocketTicket", id: claims.id, organizationId });
  return redeemed ? { type: "known", ...redeemed } : undefined;
}

export const invalidTicket: Refusal = {
  code: "UNAUTHORIZED",
  message:
    "This socket ticket is not valid. A ticket works once, for 30 seconds, for the object that it was issued for. Call " +
    "`auth.socketTicket` for each socket, also when it is opened again.",
  reason: "SOCKET_TICKET_INVALID",
};
