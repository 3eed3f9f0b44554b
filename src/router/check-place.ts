import { TRPCError } from "@trpc/server";
import { parseName, toName, type Address } from "../shared/owner.js";
import type { Placement } from "./placement.js";
import { servicesOf } from "./services.js";
import { notAnOrganizationId, otherOrganization } from "./organizations/organization-id-errors.js";

const belongsIn: Partial<Record<Placement["kind"], Address["type"]>> = {
  user: "user",
  refresh: "user",
  mail: "user",
  organization: "organization",
  email: "email",
};

/**
 * Refuses a call in an object that it does not belong to.
 *
 * @throws TRPCError FORBIDDEN
 */
export function checkPlace({ kind }: Placement, address: Address, input: unknown): void {
  if ((belongsIn[kind] ?? address.type) !== address.type) throw wrongObject();
  // A socket, and the carrier of live queries, could ask one organization's object in another's name.
  const organizationId = kind === "organization" ? organizationIdIn(input) : undefined;
  if (organizationId !== undefined && organizationId !== address.id) throw notThisOne(organizationId);
}

/**
 * Refuses a piece of a procedure where the procedure does not belong, whoever runs it.
 *
 * @throws TRPCError FORBIDDEN
 */
export function checkHere(placement: Placement, ctx: object, input?: unknown): void {
  if (placement.kind === "anywhere") return;
  const services = servicesOf(ctx);
  if (!services) throw outside();
  checkPlace(placement, services.address, input);
}

/** One that is no text is left to the procedure's own check of its input. */
function organizationIdIn(input: unknown): string | undefined {
  if (typeof input !== "object" || input === null || !("organizationId" in input)) return undefined;
  return typeof input.organizationId === "string" ? input.organizationId : undefined;
}

function notThisOne(id: string): TRPCError {
  return parseName(toName({ type: "organization", id })) ? otherOrganization(id) : notAnOrganizationId();
}

function outside(): TRPCError {
  return new TRPCError({
    code: "FORBIDDEN",
    message:
      "This procedure runs in a Durable Object, and was called outside of one. Call it through the Worker's handler, " +
      "or with createCaller(env.BINDING).",
  });
}

function wrongObject(): TRPCError {
  return new TRPCError({
    code: "FORBIDDEN",
    message:
      "This procedure belongs to another kind of owner than the one that was asked. Call a user's over HTTP, on the " +
      "user's own socket or with asUser({ userId }), and an organization's over HTTP, on its own socket or with a " +
      "caller's, with its `organizationId` in the input.",
  });
}
