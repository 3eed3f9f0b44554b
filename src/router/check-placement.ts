import { parseName, toName, type ObjectAddress, type Owner } from "../shared/owner.js";
import type { Placement } from "./placement.js";
import { servicesOf } from "./services.js";
import { notAnOrganizationId, otherOrganization } from "./organizations/organization-id-errors.js";
import { outsideObject, wrongObject } from "./wrong-object.js";

const objectTypes: Partial<Record<Placement["kind"], ObjectAddress["type"]>> = {
  user: "user",
  refresh: "user",
  mail: "user",
  organization: "organization",
  app: "app",
  email: "email",
};

const isOwner = (kind: Placement["kind"]): kind is Owner["type"] =>
  kind === "user" || kind === "organization" || kind === "app";

/**
 * Rejects a call in an object where its procedure does not run.
 *
 * @param isSent whether a client or a caller sent the call to this object. The error then has the owner of the right one
 * @throws ReasonedError FORBIDDEN (WRONG_OBJECT, WRONG_ORGANIZATION), BAD_REQUEST (ORGANIZATION_ID_INVALID)
 */
export function checkPlacement(
  { kind }: Placement,
  address: ObjectAddress,
  input: unknown,
  { isSent = false }: { readonly isSent?: boolean } = {},
): void {
  if ((objectTypes[kind] ?? address.type) !== address.type)
    throw wrongObject(isSent && isOwner(kind) ? kind : undefined);
  // On a socket or in a live query, the input could name another organization than the object's own.
  const organizationId = kind === "organization" || kind === "owner" ? organizationIdIn(input) : undefined;
  if (organizationId === undefined) return;
  if (address.type !== "organization") throw wrongObject();
  if (organizationId !== address.id) throw notThisOrganization(organizationId);
}

/**
 * Rejects a procedure that the app's own code calls where it does not run.
 *
 * @throws ReasonedError as {@link checkPlacement}
 */
export function checkPlacementIn(ctx: object, placement: Placement, input?: unknown): void {
  if (placement.kind === "anywhere") return;
  const services = servicesOf(ctx);
  if (!services) throw outsideObject();
  checkPlacement(placement, services.address, input);
}

/** `undefined` for a value that is not a string, which the procedure's own schema rejects. */
function organizationIdIn(input: unknown): string | undefined {
  if (typeof input !== "object" || input === null || !("organizationId" in input)) return undefined;
  return typeof input.organizationId === "string" ? input.organizationId : undefined;
}

function notThisOrganization(id: string): Error {
  return parseName(toName({ type: "organization", id })) ? otherOrganization(id) : notAnOrganizationId();
}
