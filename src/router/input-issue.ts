import type { ErrorReason } from "../shared/error-reason.js";

const passwordReasons = [
  "PASSWORD_BREACHED",
  "PASSWORD_MALFORMED",
  "PASSWORD_TOO_LONG",
  "PASSWORD_TOO_SHORT",
  "WEAK_PASSWORD",
] as const satisfies readonly ErrorReason[];

/** Why a new password is rejected. */
export type PasswordReason = (typeof passwordReasons)[number];

/** Why a field of a built-in input is rejected. */
export type InputReason = PasswordReason | "DATE_IN_FUTURE" | "EMAIL_INVALID";

const inputReasons: readonly InputReason[] = [...passwordReasons, "DATE_IN_FUTURE", "EMAIL_INVALID"];

/** The error and the stable reason of a schema's issue. An app can read the reason from `params` of zod's issue. */
export function inputIssue(reason: InputReason, message: string) {
  return { error: message, params: { reason } };
}

/**
 * Returns the reason among the issues of a rejected input: the first one about a password, or else the first one. Reasons of
 * other errors are ignored, so that a schema of the app cannot imitate them.
 *
 * @param cause the error that the schema threw
 */
export function inputReasonOf(cause: unknown): InputReason | undefined {
  const issues = field(cause, "issues");
  if (!Array.isArray(issues)) return undefined;
  const found = issues.map((issue) => field(field(issue, "params"), "reason"));
  const reasons = found.flatMap((reason) => inputReasons.find((known) => known === reason) ?? []);
  return reasons.find((reason) => reason !== "EMAIL_INVALID") ?? reasons[0];
}

function field(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  try {
    return (value as Record<string, unknown>)[name];
  } catch {
    // A getter of the app's own issue may throw.
    return undefined;
  }
}
