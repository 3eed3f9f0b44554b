import type { ErrorReason } from "../shared/error-reason.js";

/** Why a new password is refused. */
const reasons = [
  "PASSWORD_BREACHED",
  "PASSWORD_MALFORMED",
  "PASSWORD_TOO_LONG",
  "PASSWORD_TOO_SHORT",
  "WEAK_PASSWORD",
] as const satisfies readonly ErrorReason[];

export type PasswordReason = (typeof reasons)[number];

/** An issue of a schema with its stable reason, which apps can read from `params` of zod's issue. */
export function passwordIssue(reason: PasswordReason, message: string) {
  return { error: message, params: { reason } };
}

/**
 * The reason of the first issue about a password among those of a refused input. Reasons that are not about new passwords
 * are ignored: a schema of the app must not be able to imitate other errors of the framework.
 *
 * @param cause what the schema threw
 */
export function passwordReasonOf(cause: unknown): PasswordReason | undefined {
  const issues = field(cause, "issues");
  if (!Array.isArray(issues)) return undefined;
  const found = issues.map((issue) => field(field(issue, "params"), "reason"));
  return found.flatMap((reason) => reasons.find((known) => known === reason) ?? [])[0];
}

function field(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  try {
    return (value as Record<string, unknown>)[name];
  } catch {
    // An issue of the app's own may throw when it is read.
    return undefined;
  }
}
