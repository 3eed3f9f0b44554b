import { TRPCError } from "@trpc/server";

/**
 * Refuses a call of an organization's procedure that does not say which organization's. A socket's goes to one object
 * all the same, so there it is said as over HTTP, and not by the procedure's own check of its input.
 *
 * @throws TRPCError BAD_REQUEST
 */
export function demandOrganizationId(input: unknown): void {
  const { organizationId } = (input ?? {}) as { readonly organizationId?: unknown };
  if (typeof organizationId === "string") return;
  if (organizationId !== undefined) throw notAnOrganizationId();
  throw new TRPCError({
    code: "BAD_REQUEST",
    message: "This procedure belongs to an organization: add its `organizationId` to the input.",
  });
}

/** An input's `organizationId` cannot be any organization's: of the wrong type, empty, or of another alphabet. */
export function notAnOrganizationId(): TRPCError {
  return new TRPCError({
    code: "BAD_REQUEST",
    message: "`organizationId` is not an organization's id. Use the one that organizations.create returned.",
  });
}

/** A call came to one organization's object, by its socket or as a live query, that is meant for another's. */
export function otherOrganization(id: string): TRPCError {
  return new TRPCError({
    code: "FORBIDDEN",
    message:
      "This socket (or live query) belongs to another organization than the input's `organizationId` names: open a " +
      `socket at /trpc?organizationId=${id}, or call it over HTTP.`,
  });
}
