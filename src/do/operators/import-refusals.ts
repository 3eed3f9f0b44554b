import type { ClientFailure } from "../../shared/client-failure.js";
import type { ImportRefusal } from "../../shared/import-requests.js";
import type { Failure, Result } from "../../shared/result.js";

export const userUnknown: ImportRefusal = {
  reason: "USER_NOT_FOUND",
  message: "No account has this email address. Put the user before what belongs to the user.",
};
export const accountNotImported: ImportRefusal = {
  reason: "EMAIL_TAKEN",
  message: 'Another account has this email address. Nothing is imported into it, unless you pass `existing: "add"`.',
};
export const addressReserved: ImportRefusal = {
  reason: "MISSING_PERMISSION",
  message: "This address is that of `BOOTSTRAP_ADMIN_EMAIL`. Only a superadmin can import it as verified.",
};
export const organizationTaken: ImportRefusal = {
  reason: "ALREADY_MEMBER",
  message: "The organization of this id has another owner. Use another id.",
};
export const organizationUnknown: ImportRefusal = {
  reason: "ORGANIZATION_NOT_FOUND",
  message: "This organization does not exist. Put its `newOrganization` before what belongs to it.",
};

/** Returns why another object refused a record. */
export function refusalOf(
  failed: Exclude<
    Result<unknown, Failure<"USER_NOT_FOUND" | "ACCOUNT_EXISTS" | "ORGANIZATION_NOT_FOUND"> | ClientFailure>,
    { readonly ok: true }
  >,
): ImportRefusal {
  if (failed.reason === "CLIENT_ERROR")
    return { reason: failed.error.reason ?? "INPUT_INVALID", message: failed.error.message };
  if (failed.reason === "ORGANIZATION_NOT_FOUND") return organizationUnknown;
  return failed.reason === "ACCOUNT_EXISTS" ? accountNotImported : userUnknown;
}
