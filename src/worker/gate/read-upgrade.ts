import type { Query } from "./read-query.js";
import { GateRefusal } from "./refusal.js";

const ID = /^[A-Za-z0-9_-]{1,128}$/;

/**
 * Whose socket an upgrade asks for: an organization's, or (`undefined`) the caller's own.
 *
 * @throws Refused BAD_REQUEST
 */
export function readUpgrade(query: Query): string | undefined {
  // tRPC's client announces with `connectionParams=1` that its first message holds them. Anything else is a token.
  const connectionParams = query.get("connectionParams");
  if (connectionParams !== undefined && connectionParams !== "1") {
    throw new GateRefusal(
      "BAD_REQUEST",
      "connectionParams do not belong in a URL, which ends up in logs. tRPC's client sends them as its first message.",
    );
  }
  const organizationId = query.get("organizationId");
  if (organizationId !== undefined && !ID.test(organizationId)) {
    throw new GateRefusal(
      "BAD_REQUEST",
      "organizationId is not an id. Use the one that organizations.create returned.",
    );
  }
  return organizationId;
}
