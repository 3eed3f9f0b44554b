import { TRPCError } from "@trpc/server";

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
