import { verifySocketTicket } from "../../jwt/socket-ticket.js";
import { stubOf } from "../../shared/object-stub.js";
import { sendInternal } from "../../shared/send-internal.js";
import type { Configuration } from "../configuration.js";
import type { SocketOwner } from "../gate/read-socket-owner.js";
import type { Refusal } from "../gate/refusal.js";
import type { Identity } from "./authenticate.js";

/** Redeems the ticket that authenticates a socket; `undefined` if it is not valid. A forged or expired ticket never reaches an object. */
export async function redeemTicket(
  ticket: string,
  owner: SocketOwner | undefined,
  { namespace, secrets, binding }: Configuration,
): Promise<Identity | undefined> {
  const claims = await verifySocketTicket(ticket, { secrets: secrets.jwt, audience: binding });
  if (!claims) return undefined;
  const stub = stubOf(namespace, { type: "user", id: claims.userId });
  const redeemed = await sendInternal(stub, {
    op: "redeemSocketTicket",
    id: claims.id,
    organizationId: owner?.type === "organization" ? owner.id : undefined,
    ...(owner?.type === "app" && { isForApp: true }),
  });
  return redeemed.ok ? { type: "authenticated", ...redeemed.value } : undefined;
}

export const invalidTicket: Refusal = {
  code: "UNAUTHORIZED",
  message:
    "The socket ticket is not valid: it works once, for 30 seconds, and for one object. Call `auth.socketTicket` for each " +
    "socket, including when you reconnect.",
  reason: "SOCKET_TICKET_INVALID",
};
