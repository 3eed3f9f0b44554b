import { ReasonedError } from "../reasoned-error.js";

/**
 * Requires an `organizationId` in the input of an organization's procedure. A socket's calls are checked as well, although the
 * socket already belongs to one organization, so that the error is the same as over HTTP.
 *
 * @throws ReasonedError BAD_REQUEST (ORGANIZATION_ID_MISSING, ORGANIZATION_ID_INVALID)
 */
export function requireOrganizationId(input: unknown): void {
  const { organizationId } = (input ?? {}) as { readonly organizationId?: unknown };
  if (typeof organizationId === "string") return;
  if (organizationId !== undefined) throw notAnOrganizationId();
  throw new ReasonedError({
    code: "BAD_REQUEST",
    reason: "ORGANIZATION_ID_MISSING",
    message: "`organizationId` is missing. Add the id of the organization to the input.",
  });
}

/** The `organizationId` of an input has the wrong type, is empty, or has characters that no id contains. */
export function notAnOrganizationId(): ReasonedError {
  return new ReasonedError({
    code: "BAD_REQUEST",
    reason: "ORGANIZATION_ID_INVALID",
    message: "`organizationId` is not an organization's id. Use the id that organizations.create returned.",
  });
}

/** A call on a socket or in a live query of one organization names another organization. */
export function otherOrganization(id: string): ReasonedError {
  return new ReasonedError({
    code: "FORBIDDEN",
    reason: "WRONG_ORGANIZATION",
    message:
      "This socket or live query belongs to another organization than the `organizationId` of the input. Open a socket at " +
      `/trpc?organizationId=${id}, or make the call over HTTP.`,
  });
}
