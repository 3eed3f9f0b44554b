import { appAddress, parseName, toName, type ObjectAddress } from "../../shared/owner.js";
import { APP_PARAMETER } from "../../shared/socket-parameters.js";
import type { Query } from "./read-query.js";
import { GateRefusal } from "./refusal.js";

/** The object that a WebSocket upgrade is for, if it is not the caller's own. */
export type SocketOwner = ObjectAddress & { readonly type: "organization" | "app" };

/**
 * Reads which object a WebSocket upgrade is for: an organization's or the app's; `undefined` for the caller's own.
 *
 * @throws GateRefusal BAD_REQUEST
 */
export function readSocketOwner(query: Query): SocketOwner | undefined {
  // With `connectionParams=1`, tRPC's client announces that its first message contains them. Any other value is a token.
  const connectionParams = query.get("connectionParams");
  if (connectionParams !== undefined && connectionParams !== "1") {
    throw connectionParamsInUrl("Send them in the first message, as tRPC's client does.");
  }
  const organizationId = query.get("organizationId");
  const app = query.get(APP_PARAMETER);
  if (app !== undefined) {
    if (app !== "") throw malformed(`The parameter "app" has no value. Open the socket at ?app.`);
    if (organizationId === undefined) return appAddress;
    throw malformed("The URL names the app and an organization. Open one socket for each.");
  }
  if (organizationId === undefined) return undefined;
  const address = { type: "organization", id: organizationId } as const;
  if (parseName(toName(address))) return address;
  throw new GateRefusal({
    code: "BAD_REQUEST",
    reason: "ORGANIZATION_ID_INVALID",
    message: "`organizationId` is not an organization's id. Use the one that organizations.create returned.",
  });
}

function malformed(message: string): GateRefusal {
  return new GateRefusal({ code: "BAD_REQUEST", reason: "QUERY_MALFORMED", message });
}

/** @param fix the second sentence of the message */
export function connectionParamsInUrl(fix: string): GateRefusal {
  return new GateRefusal({
    code: "BAD_REQUEST",
    reason: "CONNECTION_PARAMS_IN_URL",
    message: `The URL contains connectionParams, and URLs are written to logs. ${fix}`,
  });
}
