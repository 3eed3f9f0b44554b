import type { Query } from "./read-query.js";
import { GateRefusal } from "./refusal.js";

const ID = /^[A-Za-z0-9_-]{1,128}$/;

/**
 * Reads which organization's object a WebSocket upgrade is for; `undefined` for the caller's own.
 *
 * @throws GateRefusal BAD_REQUEST
 */
export function readOrganizationId(query: Query): string | undefined {
  // With `connectionParams=1`, tRPC's client announces that its first message contains them. Any other value is a token.
  const connectionParams = query.get("connectionParams");
  if (connectionParams !== undefined && connectionParams !== "1") {
    throw connectionParamsInUrl("Send them in the first message, as tRPC's client does.");
  }
  const organizationId = query.get("organizationId");
  if (organizationId !== undefined && !ID.test(organizationId)) {
    throw new GateRefusal({
      code: "BAD_REQUEST",
      reason: "ORGANIZATION_ID_INVALID",
      message: "`organizationId` is not an organization's id. Use the one that organizations.create returned.",
    });
  }
  return organizationId;
}

/** @param fix the second sentence of the message */
export function connectionParamsInUrl(fix: string): GateRefusal {
  return new GateRefusal({
    code: "BAD_REQUEST",
    reason: "CONNECTION_PARAMS_IN_URL",
    message: `The URL contains connectionParams, and URLs are written to logs. ${fix}`,
  });
}
